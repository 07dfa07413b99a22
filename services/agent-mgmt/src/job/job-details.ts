/** How a job ran, told from its own events and the installer's bundle that was fixed when it was asked for. */
import { InstallerBundle, isSensitive, MANIFEST_FILE, signalOf, variableOf, type EventEnvelope, type InputValue, type InstallerManifest, type JobAttempt, type JobDetails, type JobVariable } from '@citrus/contracts';
import { readManifest } from '@citrus/contracts/installer-folder';
import { sha256Digest } from '@citrus/kit-crypto';
import type { JobEvent, QueuedJob } from './job.events.ts';
import type { Secrets } from './job-secrets.ts';

type Opened = { readonly files: InstallerBundle['files']; readonly manifest: InstallerManifest | undefined };

/** One answer travels in one NATS message of at most 1 MiB; JSON can make a character six bytes. */
const LONGEST_SCRIPT = 100_000;
const LONGEST_VALUE = 4000;

/** The same on every server; what else the agent sets is only known there. */
const SET_BY_AGENT: readonly (readonly [name: string, value: string | null])[] = [
  ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], ['HOME', null], ['DEBIAN_FRONTEND', 'noninteractive'], ['PROVISIONING_JOB', 'true'],
  ['SERVER_ADDRESS', null], ['CITRUS_NODE', null], ['CITRUS_APP_DIR', null],
];

const started = (events: readonly JobEvent[], attempt: number): string | null => events.find((event) => event.type === 'JobStarted' && event.data.attempt === attempt)?.data.at ?? null;

const endOf = (events: readonly JobEvent[], attempt: number): Pick<JobAttempt, 'endedAt' | 'outcome' | 'exitCode' | 'reason' | 'retryAt'> => {
  for (const { type, data } of events) {
    if (type === 'JobAttemptFailed' && data.attempt === attempt) return { endedAt: data.at, outcome: data.outcome, exitCode: data.exitCode, reason: data.reason || null, retryAt: data.retryAt };
    if (type === 'JobFinished' && data.attempt === attempt) return { endedAt: data.at, outcome: data.status as JobAttempt['outcome'], exitCode: data.exitCode, reason: data.reason || null, retryAt: null };
  }
  return { endedAt: null, outcome: null, exitCode: null, reason: null, retryAt: null };
};

/** Each attempt that was sent to the agent; a command that was sent again is the same attempt. */
export const attemptsOf = (events: readonly JobEvent[]): JobAttempt[] =>
  events.flatMap(({ type, data }) => {
    if (type !== 'JobDispatched') return [];
    const end = endOf(events, data.attempt);
    return [{ attempt: data.attempt, commandId: data.commandId, dispatchedAt: data.at, startedAt: started(events, data.attempt), ...end, signal: signalOf(end.exitCode) }];
  });

const openBundle = (json: string | undefined): Opened => {
  const parsed = json === undefined ? undefined : InstallerBundle.safeParse(JSON.parse(json));
  if (!parsed?.success) return { files: [], manifest: undefined };
  const { files } = parsed.data;
  const manifest = files.find(({ path }) => path === MANIFEST_FILE);
  const reading = manifest && readManifest(Buffer.from(manifest.base64, 'base64').toString());
  return { files, manifest: reading && 'manifest' in reading ? reading.manifest : undefined };
};

const scriptOf = ({ files, manifest }: Opened, action: QueuedJob['action']): JobDetails['script'] => {
  const path = action === 'install' ? manifest?.install_script : manifest?.scripts[action];
  const file = files.find((one) => one.path === path);
  if (!file) return null;
  const bytes = Buffer.from(file.base64, 'base64');
  const text = bytes.toString();
  return { path: file.path, text: text.slice(0, LONGEST_SCRIPT).toWellFormed(), isWhole: text.length <= LONGEST_SCRIPT, digest: sha256Digest(bytes) };
};

const inputVariable = (id: string, value: InputValue): JobVariable => ({ name: variableOf(id), value: String(value).slice(0, LONGEST_VALUE).toWellFormed(), by: 'input' });

/** What is sealed is a secret unless the manifest says otherwise: long answers are sealed, too. */
const sealedVariables = (manifest: InstallerManifest | undefined, sealed: Secrets | undefined): JobVariable[] => {
  const secrets = manifest?.inputs.filter(isSensitive).map(({ id }) => id) ?? [];
  if (!sealed) return secrets.map((id) => ({ name: variableOf(id), value: null, by: 'secret' }));
  const plain = new Set(manifest?.inputs.filter((input) => !isSensitive(input)).map(({ id }) => id));
  return Object.entries(sealed).map(([id, value]) => (plain.has(id) ? inputVariable(id, value) : { name: variableOf(id), value: null, by: 'secret' }));
};

/** @param sealed the inputs that were sealed; undefined when their key is destroyed, and with it which of them there were */
const variablesOf = (job: QueuedJob, manifest: InstallerManifest | undefined, sealed: Secrets | undefined): JobVariable[] => [
  ...Object.entries(job.inputs).map(([id, value]) => inputVariable(id, value)),
  ...sealedVariables(manifest, sealed),
  ...[...SET_BY_AGENT, ...(job.action === 'backup' || job.action === 'restore' ? [['CITRUS_BACKUP_FILE', null] as const] : [])].map(([name, value]): JobVariable => ({ name, value, by: 'agent' })),
];

type Known = { readonly events: readonly EventEnvelope[]; readonly bundle: string | undefined; readonly sealed: Secrets | undefined };

/** Undefined for a stream that does not begin with its job. */
export const detailsOf = ({ events: envelopes, bundle, sealed }: Known): JobDetails | undefined => {
  const events = envelopes as unknown as readonly JobEvent[];
  const [first] = events;
  if (first?.type !== 'JobQueued') return undefined;
  const job = first.data;
  const opened = openBundle(bundle);
  return {
    jobId: job.jobId, installer: job.installer, installerVersion: job.installerVersion, installerDigest: job.installerDigest, action: job.action,
    script: scriptOf(opened, job.action), files: opened.files.map(({ path, base64 }) => ({ path, bytes: Buffer.byteLength(base64, 'base64') })),
    variables: variablesOf(job, opened.manifest, sealed), attempts: attemptsOf(events), timeoutSeconds: job.timeoutSeconds, correlationId: envelopes[0]?.correlationId ?? '',
  };
};
