import { Link } from 'wouter-preact';
import type { Job } from '../api/types.ts';
import { strings } from '../strings.ts';
import { Ago, Elapsed } from '../ui/ago.tsx';
import { JobStatusBadge } from './job-status.tsx';

const t = strings.jobs;

type JobTableProps = { jobs: readonly Job[]; nameOf?: (serverId: string) => string | undefined };

export const JobTable = ({ jobs, nameOf }: JobTableProps) => (
  <div class="table-shell">
    <table>
      <caption class="unseen">{t.title}</caption>
      <thead>
        <tr>
          <th scope="col">{t.job}</th><th scope="col">{t.state}</th>{nameOf && <th scope="col" class="phone-off">{t.server}</th>}
          <th scope="col" class="number phone-off">{t.took}</th><th scope="col" class="number">{t.when}</th>
        </tr>
      </thead>
      <tbody>
        {jobs.map((job) => (
          <tr class="row-link" key={job.id}>
            <th scope="row"><Link href={`/jobs/${job.id}`}>{t.action[job.action]} {job.installer}</Link></th>
            <td><JobStatusBadge status={job.status} />{job.queue && <span class="fine nowrap" title={job.reason ?? undefined}> {job.queue.position}/{job.queue.of}</span>}</td>
            {nameOf && <td class="phone-off">{nameOf(job.serverId) ?? <span class="fine">{t.deletedServer}</span>}</td>}
            <td class="number phone-off">{job.startedAt ? <Elapsed from={job.startedAt} to={job.finishedAt} /> : <span class="fine">–</span>}</td>
            <td class="number fine nowrap"><Ago at={job.createdAt} /></td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
