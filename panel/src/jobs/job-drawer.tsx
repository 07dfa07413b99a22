import type { ComponentChildren } from 'preact';
import type { Job } from '../api/types.ts';
import { strings } from '../strings.ts';
import { Dialog } from '../ui/dialog.tsx';
import { formatExact } from '../ui/time.ts';

const t = strings.job;

const Row = ({ name, children }: { name: string; children: ComponentChildren }) => <div><dt>{name}</dt><dd>{children}</dd></div>;

/** What exactly ran: the script's bundle, its variables, its attempt and how it ended. */
export const JobDrawer = ({ job, onClose }: { job: Job; onClose: () => void }) => {
  const inputs = Object.entries(job.inputs);
  return (
    <Dialog drawer title={t.details} onClose={onClose}>
      <dl class="facts">
        <Row name={t.installer}>{job.installer} {job.installerVersion}</Row>
        <Row name={t.attemptName}>{job.attempt}</Row>
        <Row name={t.exitCode}>{job.exitCode === null ? '–' : <>{job.exitCode} <span class="fine">{t.exitCodeMeans[job.exitCode]}</span></>}</Row>
        {job.reason && <Row name={t.reason}>{job.reason}</Row>}
        <Row name={t.priority}>{t.priorities[job.priority]}</Row>
        <Row name={t.createdAt}>{formatExact(job.createdAt)}</Row>
        <Row name={t.startedAt}>{job.startedAt ? formatExact(job.startedAt) : '–'}</Row>
        <Row name={t.finishedAt}>{job.finishedAt ? formatExact(job.finishedAt) : '–'}</Row>
        <Row name={t.digest}><span class="mono breaks">{job.installerDigest}</span></Row>
        <Row name={t.id}><span class="mono breaks">{job.id}</span></Row>
      </dl>
      <h3>{t.inputs}</h3>
      <p class="fine">{t.inputsHint}</p>
      {inputs.length === 0 ? <p class="fine">{t.noInputs}</p> : (
        <dl class="facts mono">{inputs.map(([id, value]) => <Row key={id} name={id.toUpperCase()}><span class="breaks">{String(value)}</span></Row>)}</dl>
      )}
    </Dialog>
  );
};
