import { useSignal } from '@preact/signals';
import type { Job, Page as PageOf } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { useServers } from '../servers/use-servers.ts';
import { strings } from '../strings.ts';
import { Empty, Page } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { Search } from '../ui/search.tsx';
import { JobTable } from './job-table.tsx';

const t = strings.jobs;

export const JobsRoom = () => {
  const jobs = useResource<PageOf<Job>>('/api/jobs?limit=200', { touchedBy: ({ stream }) => stream.startsWith('job-') });
  const servers = useServers();
  const wanted = useSignal('');
  const nameOf = (id: string): string | undefined => servers.data.value?.items.find((server) => server.id === id)?.name;
  const all = jobs.data.value?.items;
  const needle = wanted.value.trim().toLowerCase();
  const shown = all?.filter((job) => [t.action[job.action], job.installer, t.status[job.status], nameOf(job.serverId) ?? '', job.id].join(' ').toLowerCase().includes(needle)) ?? [];
  return (
    <Page title={t.title} beside={all && all.length > 0 && <span class="count">{all.length}</span>}>
      {!all && <ProblemNote problem={jobs.problem.value} onRetry={() => void jobs.refresh()} />}
      {all?.length === 0 && <Empty title={t.none}><p>{t.noneHint}</p></Empty>}
      {all && all.length > 0 && (
        <>
          <div class="toolbar"><Search label={t.search} value={wanted.value} onInput={(value) => { wanted.value = value; }} /></div>
          {shown.length > 0 ? <JobTable jobs={shown} nameOf={nameOf} /> : <Empty title={strings.servers.noMatch(wanted.value)} />}
        </>
      )}
    </Page>
  );
};
