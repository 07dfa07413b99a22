import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { Catalogue, Job, JobStatus } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { useServers } from '../servers/use-servers.ts';
import { strings } from '../strings.ts';
import { Slice } from '../ui/icon.tsx';
import { Empty, Page } from '../ui/page.tsx';
import { More, usePages } from '../ui/pages.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { Search } from '../ui/search.tsx';
import { isNarrowed, jobsPath, NO_JOB_FILTER, type JobFilter } from './job-filter.ts';
import { JobTable } from './job-table.tsx';

const t = strings.jobs;
/** The hub is not asked for every letter. */
const TYPING_MS = 300;

type Choice = { readonly value: string; readonly text: string };
const Choose = ({ label, all, value, choices, onChoose }: { label: string; all: string; value: string; choices: readonly Choice[]; onChoose: (value: string) => void }) => (
  <select class="filter" aria-label={label} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
    <option value="">{all}</option>
    {choices.map((choice) => <option key={choice.value} value={choice.value}>{choice.text}</option>)}
  </select>
);

const STATUSES = (Object.keys(t.status) as JobStatus[]).map((value) => ({ value, text: t.status[value] }));

type FiltersProps = { filter: JobFilter; onFilter: (filter: JobFilter) => void; servers: readonly Choice[] };

const Filters = ({ filter, onFilter, servers }: FiltersProps) => {
  const typed = useSignal(filter.search);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const newest = useRef(filter);
  newest.current = filter;
  const installers = useResource<Catalogue>('/api/installers').data.value?.items.map(({ id, name }) => ({ value: id, text: name })) ?? [];
  useEffect(() => () => clearTimeout(timer.current), []);
  const change = (part: Partial<JobFilter>): void => onFilter({ ...newest.current, ...part });
  const type = (value: string): void => {
    typed.value = value;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => change({ search: value }), TYPING_MS);
  };
  return (
    <div class="toolbar">
      <Search label={t.search} value={typed.value} onInput={type} />
      <Choose label={t.state} all={t.anyState} value={filter.status} choices={STATUSES} onChoose={(status) => change({ status: status as JobFilter['status'] })} />
      <Choose label={t.app} all={t.anyApp} value={filter.installer} choices={installers} onChoose={(installer) => change({ installer })} />
      <Choose label={t.server} all={t.anyServer} value={filter.serverId} choices={servers} onChoose={(serverId) => change({ serverId })} />
      {isNarrowed(filter) && <button type="button" class="small plain" onClick={() => { typed.value = ''; onFilter(NO_JOB_FILTER); }}>{t.clear}</button>}
    </div>
  );
};

export const JobsRoom = () => {
  const filter = useSignal(NO_JOB_FILTER);
  const jobs = usePages<Job>(jobsPath(filter.value), { touchedBy: ({ stream }) => stream.startsWith('job-') });
  const servers = useServers().data.value?.items ?? [];
  const nameOf = (id: string): string | undefined => servers.find((server) => server.id === id)?.name;
  const isNew = jobs.items?.length === 0 && !isNarrowed(filter.value);
  return (
    <Page title={t.title}>
      {!isNew && <Filters filter={filter.value} onFilter={(next) => { filter.value = next; }} servers={servers.map(({ id, name }) => ({ value: id, text: name }))} />}
      {!jobs.items && (jobs.problem ? <ProblemNote problem={jobs.problem} onRetry={() => void jobs.refresh()} /> : <p class="loading"><Slice turning /></p>)}
      {isNew && <Empty title={t.none}><p>{t.noneHint}</p><Link className="button" href="/servers">{strings.shell.toServers}</Link></Empty>}
      {jobs.items?.length === 0 && !isNew && <Empty title={t.noMatch} />}
      {jobs.items && jobs.items.length > 0 && <JobTable jobs={jobs.items} nameOf={nameOf} onChanged={() => void jobs.refresh()} />}
      <More more={jobs.more} text={t.older} />
    </Page>
  );
};
