/** Which apps are on which server: the jobs that put, change and check them, and their changes, as one row an app. */
import type { AppHealth, AppState, BackupMade, InputValue, InstallerAction, JobFinished, JobStatus } from '@citrus/contracts';
import { defineFold } from '@citrus/kit-event-store';
import type { JobEvent, QueuedJob } from '../job/job.events.ts';
import type { AppEvent } from './app.events.ts';
import { summaryOf, type FoldedSummary } from './change.projection.ts';

/** As many as an agent keeps. */
const BACKUPS_KEPT = 5;
/** Attempts whose answers are worth keeping. */
const ANSWERED: readonly InstallerAction[] = ['install', 'upgrade', 'reconfigure'];
const CHANGES: readonly InstallerAction[] = ['install', 'upgrade', 'reconfigure', 'uninstall', 'restore'];

type Inputs = Readonly<Record<string, InputValue>>;
export type FoldedBackup = BackupMade & { readonly at: string; readonly version: string | null; readonly inputs: Inputs };
type OpenJob = { readonly action: InstallerAction; readonly version: string; readonly inputs: Inputs; readonly backupId: string | null; readonly isChange: boolean };

export type FoldedApp = {
  server_id: string; installer: string; project_id: string;
  state: AppState; settled: 'none' | 'installed' | 'failed' | 'removed'; reason: string | null; version: string | null; inputs: Inputs; proposal: Inputs;
  health: AppHealth; health_since: string | null; health_reason: string | null; checked_at: string | null;
  /** What the last AppHealthChanged said. */
  told_health: AppHealth;
  open_jobs: Readonly<Record<string, OpenJob>>; last_job: { id: string; action: InstallerAction; status: JobStatus; at: string } | null;
  /** Newest first. */
  backups: readonly FoldedBackup[]; change: FoldedSummary | null; created_at: string; updated_at: string;
};

type Event = Extract<JobEvent, { type: 'JobQueued' | 'JobFinished' }> | AppEvent;
const HANDLES: readonly Event['type'][] = ['JobQueued', 'JobFinished', 'AppChangeRequested', 'AppChangeAdvanced', 'AppChangeFinished', 'AppHealthChanged'];

const unknownHealth = (at: string) => ({ health: 'unknown', health_since: at, health_reason: null } as const);

const fresh = (job: QueuedJob): FoldedApp => ({
  server_id: job.serverId, installer: job.installer, project_id: job.projectId, state: 'changing', settled: 'none', reason: null, version: null, inputs: {}, proposal: {},
  ...unknownHealth(job.at), health_since: null, checked_at: null, told_health: 'unknown', open_jobs: {}, last_job: null, backups: [], change: null, created_at: job.at, updated_at: job.at,
});

const queued = (row: FoldedApp | undefined, job: QueuedJob): FoldedApp | undefined => {
  const app = row ?? (job.action === 'install' ? fresh(job) : undefined);
  if (!app) return undefined;
  const open: OpenJob = { action: job.action, version: job.installerVersion, inputs: job.inputs, backupId: job.backup?.id ?? null, isChange: CHANGES.includes(job.action) && !job.backup?.check };
  const proposal = ANSWERED.includes(job.action) ? { ...(job.action !== 'install' && app.inputs), ...job.inputs } : app.proposal;
  return { ...app, proposal, open_jobs: { ...app.open_jobs, [job.jobId]: open } };
};

/** What a job that changes the app and ended well has made of it. */
const changedBy = (app: FoldedApp, job: OpenJob): Partial<FoldedApp> => {
  const settled = { settled: 'installed', reason: null } as const;
  switch (job.action) {
    case 'install': case 'upgrade': return { ...settled, version: job.version, inputs: { ...app.inputs, ...job.inputs } };
    case 'reconfigure': return { ...settled, inputs: { ...app.inputs, ...job.inputs } };
    case 'uninstall': return { settled: 'removed', reason: null };
    case 'restore': {
      const backup = app.backups.find(({ id }) => id === job.backupId);
      return { ...settled, ...(backup && { version: backup.version, inputs: backup.inputs, proposal: backup.inputs }) };
    }
    case 'backup': case 'health': return {};
  }
};

const changeEnded = (app: FoldedApp, job: OpenJob, { status, attempt, reason, at }: JobFinished): Partial<FoldedApp> => {
  if (status === 'succeeded') return { ...changedBy(app, job), ...unknownHealth(at) };
  // A job that never was with the agent has changed nothing.
  return attempt === 0 ? {} : { settled: 'failed', reason: reason || `The ${job.action} ended ${status}.`, ...unknownHealth(at) };
};

/** Only an answer of the app itself says something about it: its script ended, well or with a code. */
const checkEnded = (app: FoldedApp, { status, exitCode, reason, at }: JobFinished): Partial<FoldedApp> => {
  const isAnswer = status === 'succeeded' || (['failed', 'timed_out'].includes(status) && exitCode !== null);
  if (!isAnswer) return {};
  const health = status === 'succeeded' ? 'healthy' : 'unhealthy';
  return { health, health_since: app.health === health ? app.health_since : at, health_reason: health === 'unhealthy' ? reason || 'its health check failed' : null, checked_at: at };
};

const backupEnded = (app: FoldedApp, { status, backup, at }: JobFinished): Partial<FoldedApp> =>
  status === 'succeeded' && backup ? { backups: [{ ...backup, at, version: app.version, inputs: app.inputs }, ...app.backups].slice(0, BACKUPS_KEPT) } : {};

const finished = (app: FoldedApp, data: JobFinished): FoldedApp => {
  const { [data.jobId]: job, ...open } = app.open_jobs;
  const then = { ...app, open_jobs: open, last_job: { id: data.jobId, action: data.action, status: data.status, at: data.at } };
  if (job?.isChange) return { ...then, ...changeEnded(app, job, data) };
  if (data.action === 'health') return { ...then, ...checkEnded(app, data) };
  return data.action === 'backup' ? { ...then, ...backupEnded(app, data) } : then;
};

const applied = (row: FoldedApp | undefined, { type, data }: Event): FoldedApp | undefined => {
  if (type === 'JobQueued') return queued(row, data);
  if (!row) return undefined;
  switch (type) {
    case 'JobFinished': return finished(row, data);
    case 'AppHealthChanged': return { ...row, told_health: data.health };
    case 'AppChangeRequested': case 'AppChangeAdvanced': case 'AppChangeFinished': return { ...row, change: summaryOf(row.change, { type, data } as Parameters<typeof summaryOf>[1]) };
  }
};

/** Nothing is left of an installation that never began. */
const settle = (app: FoldedApp, at: string): FoldedApp | undefined => {
  const isChanging = app.change?.status === 'running' || Object.values(app.open_jobs).some(({ isChange }) => isChange);
  if (!isChanging && app.settled === 'none') return undefined;
  return { ...app, state: isChanging || app.settled === 'none' ? 'changing' : app.settled, updated_at: at };
};

export const appsProjection = defineFold<FoldedApp>({
  name: 'apps',
  version: 2,
  table: 'apps',
  key: ['server_id', 'installer'],
  handles: HANDLES,
  keyOf: ({ data }) => [String(data['serverId']), String(data['installer'])],
  evolve: (row, envelope) => {
    const app = applied(row, envelope as unknown as Event);
    return app && settle(app, envelope.at);
  },
});
