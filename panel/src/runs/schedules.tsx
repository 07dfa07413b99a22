/** Runs that begin by themselves: when next, and what was missed. */
import { useSignal } from '@preact/signals';
import { Link } from 'wouter-preact';
import { post, remove } from '../api/client.ts';
import type { Schedule } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { useAction } from '../ui/action.ts';
import { Confirm } from '../ui/confirm.tsx';
import { Icon } from '../ui/icon.tsx';
import { Panel } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';

const t = strings.schedules;
const timeIn = (instant: string, timeZone: string): string => new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(new Date(instant));

const Steering = ({ schedule: { id, name, status }, refresh }: { schedule: Schedule; refresh: () => Promise<void> }) => {
  const [acting, isRemoving] = [useAction(), useSignal(false)];
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
      <button type="button" aria-label={status === 'paused' ? t.resumeOf(name) : t.pauseOf(name)} aria-busy={acting.isBusy.value} onClick={steer}>{t[verb]}</button>
      <button type="button" class="danger" aria-label={t.removeOf(name)} onClick={() => { isRemoving.value = true; }}>{t.remove}</button>
      {isRemoving.value && <Confirm title={t.removeTitle(name)} submit={t.remove} onConfirm={erase} onClose={() => { isRemoving.value = false; }}><p>{t.removeMeans}</p></Confirm>}
    </>
  );
};

/** Nothing where there is none: they are made from the command line. */
export const Schedules = () => {
  const schedules = useResource<{ items: Schedule[] }>('/api/schedules', { touchedBy: ({ stream }) => stream.startsWith('schedule-') });
  const items = schedules.data.value?.items ?? [];
  if (items.length === 0) return <ProblemNote problem={schedules.problem.value} />;
  return (
    <Panel title={t.title} aside={<span class="count">{items.length}</span>}>
      <ul class="rows">
        {items.map((schedule) => (
          <li key={schedule.id} class="row">
            <div class="row-text">
              <p>{schedule.name}</p>
              <p class="fine">{strings.jobs.action[schedule.run.action]} {schedule.run.installer} · <span class="mono">{schedule.run.filter}</span> · <span class="mono">{schedule.cron}</span> {schedule.timeZone}</p>
              <p class="fine">
                {schedule.nextDueAt ? `${t.next}: ${timeIn(schedule.nextDueAt, schedule.timeZone)}` : t.paused}
                {schedule.lastRunId && <> · <Link href={`/runs/${schedule.lastRunId}`}>{t.last}</Link></>}
              </p>
              {schedule.missed > 0 && <p class="fine"><Icon name="warning" /> {t.missed(schedule.missed, schedule.missedReason ?? '')}</p>}
            </div>
            {may('operator') && <Steering schedule={schedule} refresh={schedules.refresh} />}
          </li>
        ))}
      </ul>
    </Panel>
  );
};
