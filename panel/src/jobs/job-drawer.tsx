import type { ComponentChildren } from 'preact';
import { useResource } from '../live/resource.ts';
import type { Job, JobDetails } from '../api/types.ts';
import { strings } from '../strings.ts';
import { CopyButton } from '../ui/copy.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Slice } from '../ui/icon.tsx';
import { ProblemNote } from '../ui/problem-note.tsx';
import { formatDuration, formatExact } from '../ui/time.ts';

const t = strings.job;

const Row = ({ name, children }: { name: string; children: ComponentChildren }) => <div><dt>{name}</dt><dd>{children}</dd></div>;
const Id = ({ name, text }: { name: string; text: string }) => <Row name={name}><span class="mono breaks">{text}</span></Row>;

const endOf = (exitCode: number | null, signal: string | null | undefined): string =>
  exitCode === null ? '–' : [exitCode, t.exitCodeMeans[exitCode] ?? (signal && t.signal(signal))].filter((part) => part !== undefined && part !== null).join(' · ');

const Attempts = ({ attempts }: Pick<JobDetails, 'attempts'>) => (
  <>
    <h3>{t.attempts}</h3>
    {attempts.length === 0 && <p class="fine">{t.noAttempts}</p>}
    <ol class="attempts">
      {attempts.map((one) => (
        <li key={one.attempt}>
          <dl class="facts">
            <Row name={t.attempt(one.attempt)}><strong>{one.outcome ? strings.jobs.status[one.outcome as keyof typeof strings.jobs.status] ?? one.outcome : t.stillOpen}</strong></Row>
            <Row name={t.exitCode}>{endOf(one.exitCode, one.signal)}</Row>
            {one.reason && <Row name={t.reason}>{one.reason}</Row>}
            <Row name={t.dispatchedAt}>{formatExact(one.dispatchedAt)}</Row>
            <Row name={t.startedAt}>{one.startedAt ? formatExact(one.startedAt) : '–'}</Row>
            <Row name={t.finishedAt}>{one.endedAt ? <>{formatExact(one.endedAt)}{one.startedAt && <span class="fine"> · {formatDuration(Date.parse(one.endedAt) - Date.parse(one.startedAt))}</span>}</> : '–'}</Row>
            {one.retryAt && <Row name={t.retryAt}>{formatExact(one.retryAt)}</Row>}
            <Id name={t.command} text={one.commandId} />
          </dl>
        </li>
      ))}
    </ol>
  </>
);

const valueOf = ({ value, by }: JobDetails['variables'][number]): ComponentChildren => {
  if (value !== null) return <span class="breaks variable">{value}</span>;
  return <span class="fine">{by === 'secret' ? t.secret : t.onServer}</span>;
};
const asText = ({ variables }: JobDetails): string => variables.map(({ name, value, by }) => `${name}=${value ?? (by === 'secret' ? '********' : '')}`).join('\n');

const Variables = ({ details }: { details: JobDetails }) => (
  <>
    <div class="drawer-head"><h3>{t.inputs}</h3><CopyButton text={() => asText(details)} label={t.copyVariables} /></div>
    <p class="fine">{t.inputsHint}</p>
    <dl class="facts mono">{details.variables.map((one) => <Row key={one.name} name={one.name}>{valueOf(one)}</Row>)}</dl>
  </>
);

const Script = ({ details: { script, files } }: { details: JobDetails }) => (
  <>
    <div class="drawer-head"><h3>{t.script}</h3>{script && <CopyButton text={() => script.text} label={t.copyScript} />}</div>
    {script ? (
      <>
        <p class="fine"><span class="mono">{script.path}</span>{!script.isWhole && <> · {t.scriptCut}</>}</p>
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be in reach of the keyboard */}
        <pre class="script" tabIndex={0} aria-label={t.script}>{script.text}</pre>
        <p class="fine">{t.scriptDigest} <span class="mono breaks">{script.digest}</span></p>
      </>
    ) : <p class="fine">{t.noScript}</p>}
    {files.length > 0 && <p class="fine">{t.files(files.map(({ path }) => path))}</p>}
  </>
);

const Loaded = ({ details }: { details: JobDetails }) => (
  <>
    <dl class="facts"><Id name={t.correlation} text={details.correlationId} /></dl>
    <Attempts attempts={details.attempts} />
    <Variables details={details} />
    <Script details={details} />
  </>
);

/** What exactly ran: the script, its variables, each attempt and how it ended. */
export const JobDrawer = ({ job, onClose }: { job: Job; onClose: () => void }) => {
  const { data, problem, refresh } = useResource<JobDetails>(`/api/jobs/${job.id}/details`, { touchedBy: ({ stream }) => stream === `job-${job.id}` });
  return (
    <Dialog drawer title={t.details} onClose={onClose}>
      <dl class="facts">
        <Row name={t.installer}>{job.installer} {job.installerVersion}</Row>
        <Row name={t.exitCode}>{endOf(job.exitCode, data.value?.attempts.at(-1)?.signal)}</Row>
        {job.reason && <Row name={t.reason}>{job.reason}</Row>}
        <Row name={t.priority}>{t.priorities[job.priority]}</Row>
        <Row name={t.createdAt}>{formatExact(job.createdAt)}</Row>
        <Id name={t.digest} text={job.installerDigest} />
        <Id name={t.id} text={job.id} />
      </dl>
      {data.value ? <Loaded details={data.value} /> : problem.value ? <ProblemNote problem={problem.value} onRetry={() => void refresh()} /> : <p class="loading"><Slice turning /></p>}
    </Dialog>
  );
};
