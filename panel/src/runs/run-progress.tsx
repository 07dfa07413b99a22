/** The score of a run in boxes, and its time against that of such runs before. */
import { useComputed } from '@preact/signals';
import { Link } from 'wouter-preact';
import type { Page, Run } from '../api/types.ts';
import { now } from '../live/now.ts';
import { useResource } from '../live/resource.ts';
import { strings } from '../strings.ts';
import { Icon } from '../ui/icon.tsx';
import { Panel } from '../ui/page.tsx';
import { formatDuration } from '../ui/time.ts';
import { averageOf, boxesOf, type Box } from './figures.ts';
import { isOver, RunStatusBadge, scoreOf } from './run-status.tsx';
import { words } from './words.ts';

const t = strings.runs;

const Boxes = ({ run, chosen, onChoose }: { run: Run; chosen: Box | undefined; onChoose: (box: Box | undefined) => void }) => (
  <div class="boxes" role="group" aria-label={t.score}>
    {boxesOf(run).map(({ box, count }) => (
      <button key={box} type="button" class={`box ${box} ${count === 0 ? 'none' : ''}`} aria-pressed={chosen === box} disabled={count === 0 && chosen !== box} onClick={() => onChoose(chosen === box ? undefined : box)}>
        <span class="box-count">{count.toLocaleString('en')}</span>{words.boxes[box]}
      </button>
    ))}
  </div>
);

/** A bar that is full at the average; what is longer is said, not only coloured. */
const Took = ({ run }: { run: Run }) => {
  const runs = useResource<Page<Run>>('/api/runs?limit=200').data.value?.items ?? [];
  const average = averageOf(runs, run);
  const elapsed = useComputed(() => (run.finishedAt ? Date.parse(run.finishedAt) : now.value) - Date.parse(run.createdAt)).value;
  const text = formatDuration(elapsed);
  const isLate = average !== undefined && elapsed > average.ms;
  return (
    <div class="took">
      {average && <meter class={isLate ? 'late' : ''} aria-label={words.took} min={0} max={Math.max(average.ms, elapsed)} value={elapsed} high={average.ms} />}
      <p class="fine">{isOver(run.status) ? words.tookOf(text) : words.takes(text)} {average ? words.average(formatDuration(average.ms), average.runs) : words.noAverage} {isLate && !isOver(run.status) && <span class="warn-text"><Icon name="clock" /> {words.isLate}</span>}</p>
    </div>
  );
};

export const Progress = ({ run, chosen, onChoose }: { run: Run; chosen: Box | undefined; onChoose: (box: Box | undefined) => void }) => {
  const open = run.score['not-started'] + run.score.waiting + run.score.running;
  return (
    <Panel title={t.score} aside={<RunStatusBadge status={run.status} />}>
      <div class="panel-form">
        {run.reason && <div class="note warn"><Icon name="warning" /><p>{run.reason}</p></div>}
        <progress aria-label={t.score} value={run.servers - open} max={run.servers} />
        <p role="status" class="unseen">{scoreOf(run)}</p>
        <Boxes run={run} chosen={chosen} onChoose={onChoose} />
        <Took run={run} />
      </div>
      <dl class="facts inline">
        <div><dt>{t.on}</dt><dd class="mono">{run.filter}</dd></div>
        <div><dt>{t.waves}</dt><dd>{run.strategy.waves.join(', ')}</dd></div>
        <div><dt>{t.mayFail}</dt><dd>{run.strategy.maxFailures}</dd></div>
        {run.scheduleId && <div><dt>{words.started}</dt><dd><Link href={`/runs/schedules/${run.scheduleId}`}>{words.schedule}</Link></dd></div>}
        {run.retryOf && <div><dt>{t.retryOf}</dt><dd><Link href={`/runs/${run.retryOf}`}>{run.retryOf.slice(0, 8)}</Link></dd></div>}
      </dl>
    </Panel>
  );
};
