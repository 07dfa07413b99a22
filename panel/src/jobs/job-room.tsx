import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { newKey, post } from '../api/client.ts';
import { isUnknown } from '../api/problem.ts';
import type { Catalogue, Job, JobStatus } from '../api/types.ts';
import { useAppNames } from '../live/app-names.ts';
import { useResource } from '../live/resource.ts';
import { afterInstall } from '../servers/installed-apps.ts';
import { useServer } from '../servers/use-server.ts';
import { may } from '../session/rights.ts';
import { strings } from '../strings.ts';
import { busy, useAction } from '../ui/action.ts';
import { Ago, Elapsed } from '../ui/ago.tsx';
import { Icon, Slice } from '../ui/icon.tsx';
import { LinkedText } from '../ui/linked-text.tsx';
import { Page } from '../ui/page.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { JobDrawer } from './job-drawer.tsx';
import { isFinished } from './finished.ts';
import { JobStatusBadge } from './job-status.tsx';
import type { JobProgress } from './job-stream.ts';
import { LogView } from './log-view.tsx';
import { useLiveJob } from './use-live-job.ts';
import { Usual } from './usual.tsx';

const t = strings.job;
const TO_JOBS = { text: strings.jobs.title, href: '/jobs' };
const SPEAK_EVERY_MS = 5000;
/** What a script ends with that does not take its answers. */
const ANSWERS_REFUSED = 1;

/** Progress for ears: the latest word, at most every five seconds. A new status is said at once, by its badge. */
const useSpoken = (latest: string): string => {
  const said = useSignal('');
  const newest = useRef(latest);
  newest.current = latest;
  useEffect(() => {
    const timer = setInterval(() => { said.value = newest.current; }, SPEAK_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return said.value;
};

const StatusLine = ({ job, status, told }: { job: Job; status: JobStatus; told: JobProgress }) => {
  const isOver = isFinished(status);
  const spoken = useSpoken(isOver ? '' : told.message ?? '');
  const message = isOver ? job.reason : told.message ?? job.reason ?? t.waitsFor[status];
  return (
    <section class="panel job-state" aria-label={t.progress}>
      <div class="job-state-line">
        <p role="status" aria-label={t.statusLabel}><JobStatusBadge status={status} /><span class="unseen">{spoken}</span></p>
        {message && <p class="job-message">{message}</p>}
        <p class="fine nowrap">
          {job.attempt > 1 && `${t.attempt(job.attempt)} · `}
          {job.startedAt ? <Elapsed from={job.startedAt} to={job.finishedAt} /> : <>{t.queued} <Ago at={job.createdAt} /></>}
          {job.queue && ` · ${strings.jobs.place(job.queue.position, job.queue.of)}`}
        </p>
        {!isOver && <Usual job={job} />}
      </div>
      {!isOver && <progress aria-label={t.progress} max={100} {...(told.percent === undefined ? {} : { value: told.percent })} />}
    </section>
  );
};

const Actions = ({ job, status }: { job: Job; status: JobStatus }) => {
  const [, goTo] = useLocation();
  const acting = useAction();
  const [isDrawerOpen, retryKey] = [useSignal(false), useSignal(newKey())];
  const cancel = () => acting.run(() => post(`/api/jobs/${job.id}/cancel`));
  const retry = () => acting.run(async () => {
    const next = await post<Job>(`/api/jobs/${job.id}/retry`, {}, retryKey.value);
    goTo(`/jobs/${next.id}`);
  });
  const hasFailed = isFinished(status) && status !== 'succeeded' && may('operator');
  const mayBeAsked = hasFailed && job.action === 'install';
  // The same answers would be refused again.
  const isRefused = mayBeAsked && job.exitCode === ANSWERS_REFUSED;
  return (
    <>
      <button type="button" onClick={() => { isDrawerOpen.value = true; }}>{t.details}</button>
      {!isFinished(status) && may('operator') && <button type="button" class="danger" disabled={status === 'cancelling'} {...busy(acting.isBusy.value)} onClick={() => void cancel()}>{t.cancel}</button>}
      {mayBeAsked && <Link href={`/servers/${job.serverId}/install/${job.installer}?from=${job.id}`} className={isRefused ? 'button primary' : 'button'}>{t.changeAnswers}</Link>}
      {hasFailed && <button type="button" class={isRefused ? undefined : 'primary'} {...busy(acting.isBusy.value)} onClick={() => void retry()}>{t.retry}</button>}
      <ProblemNote problem={acting.problem.value} />
      {isDrawerOpen.value && <JobDrawer job={job} onClose={() => { isDrawerOpen.value = false; }} />}
    </>
  );
};

const AfterInstall = ({ job }: { job: Job }) => {
  const catalogue = useResource<Catalogue>('/api/installers').data.value;
  const server = useServer(job.serverId).data.value;
  const text = afterInstall(catalogue?.items.find(({ id }) => id === job.installer), server, job.inputs, job.outputs);
  if (!text) return null;
  return <div class="note good after-install"><Icon name="check" /><div><p class="prose"><LinkedText text={text} /></p></div></div>;
};

const ServerName = ({ serverId }: { serverId: string }) => {
  const server = useServer(serverId).data.value;
  return server ? <span class="fine">{t.on} <Link href={`/servers/${serverId}`}>{server.name}</Link></span> : null;
};

export const JobRoom = ({ jobId }: { jobId: string }) => {
  const { job: resource, told, log } = useLiveJob(jobId);
  const job = resource.data.value;
  const appName = useAppNames();
  if (!job) {
    const problem = resource.problem.value;
    return (
      <Page title={isUnknown(problem) ? t.unknown : strings.shell.loading} crumbs={[TO_JOBS]}>
        {problem ? <ProblemNote problem={problem} onRetry={() => void resource.refresh()} /> : <p class="loading"><Slice turning /></p>}
      </Page>
    );
  }
  // The stream is ahead of the read model until the job is over.
  const status = isFinished(job.status) ? job.status : told.value.status ?? job.status;
  return (
    <Page title={`${strings.jobs.action[job.action]} ${appName(job.installer)}`} crumbs={[TO_JOBS]} beside={<ServerName serverId={job.serverId} />} actions={<Actions job={job} status={status} />}>
      <StatusLine job={job} status={status} told={told.value} />
      {status === 'succeeded' && job.action === 'install' && <AfterInstall job={job} />}
      <LogView log={log} jobId={jobId} isOver={isFinished(status)} />
    </Page>
  );
};
