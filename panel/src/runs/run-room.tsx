/** How a run stands: its score, what it waits for, and what became of each server. */
import { useSignal } from '@preact/signals';
import { Link, useLocation } from 'wouter-preact';
import { newKey, post } from '../api/client.ts';
import { isUnknown } from '../api/problem.ts';
import type { Run, RunServer } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { useServers } from '../servers/use-servers.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { useAction } from '../ui/action.ts';
import { Confirm } from '../ui/confirm.tsx';
import { Icon, Slice } from '../ui/icon.tsx';
import { Empty, Page, Panel } from '../ui/page.tsx';
import { More, usePages } from '../ui/pages.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { isOver, OutcomeBadge, RunStatusBadge, scoreOf } from './run-status.tsx';

const t = strings.runs;
const touchedBy = ({ stream }: { stream: string }): boolean => stream.startsWith('run-') || stream.startsWith('job-');

const Abort = ({ run, onDone, onClose }: { run: Run; onDone: () => Promise<void>; onClose: () => void }) => {
  const stops = useSignal(false);
  const send = async (): Promise<void> => {
    await post(`/api/runs/${run.id}/abort`, { cancelRunning: stops.value });
    await onDone();
  };
  return (
    <Confirm title={t.abortTitle} submit={t.abort} onConfirm={send} onClose={onClose}>
      <p>{t.abortMeans}</p>
      <label class="tick"><input type="checkbox" checked={stops.value} onChange={(event) => { stops.value = event.currentTarget.checked; }} />{t.cancelRunning}</label>
    </Confirm>
  );
};

const Steering = ({ run, refresh }: { run: Run; refresh: () => Promise<void> }) => {
  const [, goTo] = useLocation();
  const acting = useAction();
  const [isAborting, retryKey] = [useSignal(false), useSignal(newKey())];
  const steer = (verb: string) => () => void acting.run(async () => {
    await post(`/api/runs/${run.id}/${verb}`);
    await refresh();
  });
  const retry = () => void acting.run(async () => goTo(`/runs/${(await post<Run>(`/api/runs/${run.id}/retry`, {}, retryKey.value)).id}`));
  return (
    <>
      <ProblemNote problem={acting.problem.value} />
      <div class="actions">
        {run.status === 'running' && <button type="button" onClick={steer('pause')}>{t.pause}</button>}
        {run.status === 'paused' && <button type="button" class="primary" onClick={steer('resume')}>{t.resume}</button>}
        {!isOver(run.status) && run.status !== 'aborting' && <button type="button" class="danger" onClick={() => { isAborting.value = true; }}>{t.abort}</button>}
        {isOver(run.status) && run.status !== 'succeeded' && <button type="button" class="primary" aria-busy={acting.isBusy.value} onClick={retry}>{t.retry}</button>}
      </div>
      {isAborting.value && <Abort run={run} onDone={refresh} onClose={() => { isAborting.value = false; }} />}
    </>
  );
};

const Servers = ({ run }: { run: Run }) => {
  const servers = usePages<RunServer>(`/api/runs/${run.id}/servers?limit=200`, { touchedBy });
  const known = useServers().data.value?.items;
  const nameOf = (id: string): string => known?.find((server) => server.id === id)?.name ?? id.slice(0, 8);
  return (
    <Panel title={t.servers}>
      <ProblemNote problem={servers.problem} />
      <ul class="rows">
        {servers.items?.map(({ serverId, outcome, jobId, reason }) => (
          <li key={serverId} class="row">
            <div class="row-text">
              <p><Link href={`/servers/${serverId}`}>{nameOf(serverId)}</Link></p>
              {reason && <p class="fine">{reason}</p>}
            </div>
            {jobId && <Link href={`/jobs/${jobId}`} aria-label={t.logOf(nameOf(serverId))}>{t.log}</Link>}
            <OutcomeBadge outcome={outcome} />
          </li>
        ))}
      </ul>
      <More more={servers.more} text={strings.people.more} />
    </Panel>
  );
};

const Progress = ({ run }: { run: Run }) => {
  const open = run.score['not-started'] + run.score.waiting + run.score.running;
  return (
    <Panel title={t.score} aside={<RunStatusBadge status={run.status} />}>
      <div class="panel-form">
        {run.reason && <div class="note warn"><Icon name="warning" /><p>{run.reason}</p></div>}
        <progress aria-label={t.score} value={run.servers - open} max={run.servers} />
        <p role="status">{scoreOf(run)}</p>
      </div>
      <dl class="facts">
        <div><dt>{t.on}</dt><dd class="mono">{run.filter}</dd></div>
        <div><dt>{t.waves}</dt><dd>{run.strategy.waves.join(', ')}</dd></div>
        <div><dt>{t.mayFail}</dt><dd>{run.strategy.maxFailures}</dd></div>
        {run.retryOf && <div><dt>{t.retryOf}</dt><dd><Link href={`/runs/${run.retryOf}`}>{run.retryOf.slice(0, 8)}</Link></dd></div>}
      </dl>
    </Panel>
  );
};

export const RunRoom = ({ runId }: { runId: string }) => {
  const run = useResource<Run>(`/api/runs/${runId}`, { touchedBy });
  const found = run.data.value;
  const crumbs = [{ text: t.title, href: '/runs' }];
  if (!found) {
    const missing = isUnknown(run.problem.value);
    return (
      <Page title={missing ? t.unknown : strings.shell.loading} crumbs={crumbs}>
        {missing ? <Empty title={t.unknownHint} /> : run.problem.value ? <ProblemNote problem={run.problem.value} onRetry={() => void run.refresh()} /> : <p class="loading"><Slice turning /></p>}
      </Page>
    );
  }
  return (
    <Page title={t.titleOf(strings.jobs.action[found.action], found.installer)} crumbs={crumbs} actions={may('operator') && <Steering run={found} refresh={run.refresh} />}>
      <div class="column">
        <Progress run={found} />
        <Servers run={found} />
      </div>
    </Page>
  );
};
