/** Runs that begin by themselves: when next, and what was missed. */
import { useSignal } from '@preact/signals';
import { Link, useLocation } from 'wouter-preact';
import { newKey, post, remove } from '../api/client.ts';
import type { Run, Schedule } from '../api/types.ts';
import { useAppNames, type AppNames } from '../live/app-names.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Confirm } from '../ui/confirm.tsx';
import { Icon } from '../ui/icon.tsx';
import { Empty, Panel } from '../ui/page.tsx';
import { More, usePages } from '../ui/pages.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { words } from './words.ts';

const t = strings.schedules;
const timeIn = (instant: string, timeZone: string): string => new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', timeZone }).format(new Date(instant));

const whatOf = ({ run }: Schedule, appName: AppNames): string => `${strings.jobs.action[run.action]} ${appName(run.installer)}`;
/** Older ones may have none. */
const nameOf = (schedule: Schedule, appName: AppNames): string => schedule.name.trim() || whatOf(schedule, appName);

/** What it would begin, begun by whoever asks; the schedule's own next time stays. */
const RunNow = ({ schedule, name, onClose }: { schedule: Schedule; name: string; onClose: () => void }) => {
  const [, goTo] = useLocation();
  const key = useSignal(newKey());
  const begin = async (): Promise<void> => goTo(`/runs/${(await post<Run>('/api/runs', schedule.run, key.value)).id}`);
  return <Confirm title={words.runNowTitle(name)} submit={words.runNow} onConfirm={begin} onClose={onClose} isDanger={false}><p>{words.runNowMeans}</p></Confirm>;
};

const Steering = ({ schedule, name, refresh }: { schedule: Schedule; name: string; refresh: () => Promise<void> }) => {
  const { id, status } = schedule;
  const [acting, isRemoving, isRunning] = [useAction(), useSignal(false), useSignal(false)];
  const verb = status === 'paused' ? 'resume' : 'pause';
  const steer = () => void acting.run(async () => {
    await post(`/api/schedules/${id}/${verb}`);
    await refresh();
  });
  const erase = async (): Promise<void> => {
    await remove(`/api/schedules/${id}`);
    await refresh();
  };
  return (
    <>
      <ProblemNote problem={acting.problem.value} />
      <div class="row-end">
      <button type="button" class="small" aria-label={words.runNowOf(name)} onClick={() => { isRunning.value = true; }}>{words.runNow}</button>
      <Link href={`/runs/schedules/${id}`} className="button small" aria-label={words.changeOf(name)}>{words.change}</Link>
      <button type="button" class="small" aria-label={status === 'paused' ? t.resumeOf(name) : t.pauseOf(name)} {...busy(acting.isBusy.value)} onClick={steer}>{t[verb]}</button>
      <button type="button" class="small danger" aria-label={t.removeOf(name)} onClick={() => { isRemoving.value = true; }}>{t.remove}</button>
      </div>
      {isRunning.value && <RunNow schedule={schedule} name={name} onClose={() => { isRunning.value = false; }} />}
      {isRemoving.value && <Confirm title={t.removeTitle(name)} submit={t.remove} onConfirm={erase} onClose={() => { isRemoving.value = false; }}><p>{t.removeMeans}</p></Confirm>}
    </>
  );
};

export const Schedules = () => {
  const schedules = usePages<Schedule>('/api/schedules?limit=50', { touchedBy: ({ stream }) => stream.startsWith('schedule-') });
  const items = schedules.items ?? [];
  const appName = useAppNames();
  const create = may('operator') && <Link href="/runs/new?when=again" className="button small"><Icon name="plus" />{words.newSchedule}</Link>;
  if (!schedules.items) return <ProblemNote problem={schedules.problem} />;
  return (
    <Panel title={t.title} aside={<span class="panel-aside">{items.length > 0 && <span class="count">{items.length}{schedules.more.isThere && '+'}</span>}{create}</span>}>
      {items.length === 0 && <Empty title={words.noSchedules}><p>{words.noSchedulesHint}</p></Empty>}
      <ul class="rows">
        {items.map((schedule) => (
          <li key={schedule.id} class="row wraps">
            <div class="row-text">
              <p><strong>{nameOf(schedule, appName)}</strong></p>
              <p class="fine">{whatOf(schedule, appName)} {words.onFilter} <span class="mono">{schedule.run.filter}</span> · {words.preset[schedule.cron] && `${words.preset[schedule.cron]}, `}<span class="mono">{schedule.cron}</span> {schedule.timeZone}</p>
              <p class="fine">
                {schedule.nextDueAt ? `${t.next}: ${timeIn(schedule.nextDueAt, schedule.timeZone)}` : t.paused}
                {schedule.lastRunId && <> · <Link href={`/runs/${schedule.lastRunId}`}>{t.last}</Link></>}
              </p>
              {schedule.missed > 0 && <p class="fine"><Icon name="warning" /> {t.missed(schedule.missed, schedule.missedReason ?? '')}</p>}
            </div>
            {may('operator') && <Steering schedule={schedule} name={nameOf(schedule, appName)} refresh={schedules.refresh} />}
          </li>
        ))}
      </ul>
      <More more={schedules.more} text={strings.people.more} />
    </Panel>
  );
};
