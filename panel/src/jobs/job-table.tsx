import { Link, useLocation } from 'wouter-preact';
import { useSignal } from '@preact/signals';
import { newKey, post } from '../api/client.ts';
import type { Job } from '../api/types.ts';
import { useAppNames } from '../live/app-names.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Ago, Elapsed } from '../ui/ago.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { isFinished } from './finished.ts';
import { JobStatusBadge } from './job-status.tsx';
import { Usual } from './usual.tsx';

const t = strings.jobs;

type JobTableProps = { jobs: readonly Job[]; nameOf?: (serverId: string) => string | undefined; /** Without them, the rows have no buttons. */ onChanged?: () => void };

/** Cancel what has not ended, try again what failed. */
const RowAction = ({ job, name, onChanged }: { job: Job; name: string; onChanged: () => void }) => {
  const [, goTo] = useLocation();
  const acting = useAction();
  const retryKey = useSignal(newKey());
  const cancel = () => acting.run(async () => {
    await post(`/api/jobs/${job.id}/cancel`);
    onChanged();
  });
  const retry = () => acting.run(async () => goTo(`/jobs/${(await post<Job>(`/api/jobs/${job.id}/retry`, {}, retryKey.value)).id}`));
  return (
    <>
      {isFinished(job.status)
        ? job.status !== 'succeeded' && <button type="button" class="small" aria-label={t.retryOf(name)} {...busy(acting.isBusy.value)} onClick={() => void retry()}>{strings.job.retry}</button>
        : <button type="button" class="small danger" aria-label={t.cancelOf(name)} disabled={job.status === 'cancelling'} {...busy(acting.isBusy.value)} onClick={() => void cancel()}>{t.cancel}</button>}
      <ProblemNote problem={acting.problem.value} />
    </>
  );
};

const State = ({ job }: { job: Job }) => (
  <div class="job-cell">
    <JobStatusBadge status={job.status} />
    {job.queue && <span class="fine nowrap" title={job.reason ?? undefined}>{t.place(job.queue.position, job.queue.of)}</span>}
    {job.priority !== 'normal' && <span class={`priority ${job.priority}`}>{strings.job.priorities[job.priority]}</span>}
  </div>
);

const Took = ({ job }: { job: Job }) => (job.startedAt ? <div class="job-took"><Elapsed from={job.startedAt} to={job.finishedAt} /><Usual job={job} /></div> : <span class="fine">–</span>);

const Row = ({ job, name, nameOf, onChanged }: { job: Job; name: string } & Omit<JobTableProps, 'jobs'>) => (
  <tr class="row-link">
    <th scope="row"><Link href={`/jobs/${job.id}`}>{name}</Link>{nameOf && <div class="cell-sub fine only-narrow">{nameOf(job.serverId) ?? t.deletedServer}</div>}</th>
    <td><State job={job} /></td>
    {nameOf && <td class="phone-off">{nameOf(job.serverId) ?? <span class="fine">{t.deletedServer}</span>}</td>}
    <td class="number phone-off"><Took job={job} /></td>
    <td class="number fine nowrap"><Ago at={job.createdAt} /></td>
    {onChanged && <td class="row-actions phone-off">{may('operator') && <RowAction job={job} name={name} onChanged={onChanged} />}</td>}
  </tr>
);

export const JobTable = ({ jobs, nameOf, onChanged }: JobTableProps) => {
  const appName = useAppNames();
  return (
    <div class="table-shell">
      <table>
        <caption class="unseen">{t.title}</caption>
        <thead>
          <tr>
            <th scope="col">{t.job}</th><th scope="col">{t.state}</th>{nameOf && <th scope="col" class="phone-off">{t.server}</th>}
            <th scope="col" class="number phone-off">{t.took}</th><th scope="col" class="number">{t.when}</th>
            {onChanged && <th scope="col" class="phone-off"><span class="unseen">{t.actions}</span></th>}
          </tr>
        </thead>
        <tbody>{jobs.map((job) => <Row key={job.id} job={job} name={`${t.action[job.action]} ${appName(job.installer)}`} {...(nameOf && { nameOf })} {...(onChanged && { onChanged })} />)}</tbody>
      </table>
    </div>
  );
};
