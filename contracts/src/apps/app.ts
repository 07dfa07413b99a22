/**
 * Apps: what an installer has put on a server, how it stands, and how it is changed without losing it. An app is named
 * by its server and its installer.
 */
import { z } from 'zod';
import { BackupMade } from '../agent/messages.ts';
import { ChangeId, Digest, InstallerId, Instant, JobId, plainText, ProjectId, ServerId } from '../ids.ts';
import { InputValue, InstallerAction } from '../installer/manifest.ts';
import { Job, JobStatus } from '../jobs/job.ts';
import { PageRequest, pageOf } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';

/** `failed`: the last change of it did not end well, and nobody knows what is there. */
export const AppState = z.enum(['installed', 'failed', 'changing', 'removed']);
export type AppState = z.infer<typeof AppState>;
export const AppHealth = z.enum(['healthy', 'unhealthy', 'unknown']);
export type AppHealth = z.infer<typeof AppHealth>;

export const ChangeAction = InstallerAction.extract(['upgrade', 'reconfigure', 'uninstall']);
export type ChangeAction = z.infer<typeof ChangeAction>;
/** In this order; the last two only after a failure, the others as far as the installer offers them. */
export const ChangeStep = z.enum(['back-up', 'verify', 'change', 'check', 'restore', 'recheck']);
export type ChangeStep = z.infer<typeof ChangeStep>;
export const ChangeStatus = z.enum(['running', 'changed', 'rolled-back', 'failed']);
export type ChangeStatus = z.infer<typeof ChangeStatus>;
/** What is on the server once a change has ended. */
export const AppIs = z.enum(['changed', 'removed', 'unchanged', 'restored', 'unknown']);
export type AppIs = z.infer<typeof AppIs>;

const about = { changeId: ChangeId, serverId: ServerId, installer: InstallerId, at: Instant };
/** The public facts of a stream `app-<id>`. A sensitive input is only ever there as a sealed text. */
export const AppChangeRequested = z.object({
  ...about, projectId: ProjectId, action: ChangeAction, installerVersion: z.string(), installerDigest: Digest,
  inputs: z.record(z.string(), InputValue), sealedInputs: z.string(),
  /** What it was installed with, for the steps that are about what was there before. */
  priorInputs: z.record(z.string(), InputValue),
  withBackup: z.boolean(), withHealth: z.boolean(),
  /** Which job does which step. */
  jobIds: z.record(ChangeStep, JobId),
});
export const AppChangeAdvanced = z.object({
  ...about, step: ChangeStep, jobId: JobId,
  /** What there is to go back to, once it is known. */
  backup: BackupMade.optional(),
  /** Why it goes back. */
  cause: z.string().optional(),
});
export const AppChangeFinished = z.object({
  ...about, status: ChangeStatus, appIs: AppIs, isHealthy: z.boolean().nullable(),
  /** What went wrong; empty when nothing did. */
  reason: z.string(),
  /** What a person can do now; empty when there is nothing to do. */
  advice: z.string(),
});
/** Only when it differs from what was known before, not at every check. */
export const AppHealthChanged = z.object({ serverId: ServerId, installer: InstallerId, projectId: ProjectId, jobId: JobId, health: AppHealth, reason: z.string().nullable(), at: Instant });

export const AppBackup = z.object({ ...BackupMade.shape, at: Instant, version: z.string().nullable() });
export type AppBackup = z.infer<typeof AppBackup>;

/** A change in short, as it stands with its app. */
export const AppChangeSummary = z.object({
  id: ChangeId, action: ChangeAction, status: ChangeStatus, step: ChangeStep, jobId: JobId, cause: z.string().nullable(), appIs: AppIs.nullable(),
  reason: z.string().nullable(), advice: z.string().nullable(), at: Instant,
});
export type AppChangeSummary = z.infer<typeof AppChangeSummary>;

export const App = z.object({
  serverId: ServerId, projectId: ProjectId, installer: InstallerId,
  /** Of the installer that it was last installed or upgraded with. */
  version: z.string().nullable(),
  state: AppState,
  /** Why it is `failed`. */
  reason: z.string().nullable(),
  /** What it was installed with and changed to, as far as that succeeded. Sensitive ones are left out. */
  inputs: z.record(z.string(), InputValue),
  /** The answers of the last attempt to install or change it, however that ended: what the next attempt begins with. Sensitive ones are left out. */
  proposal: z.record(z.string(), InputValue).default({}),
  health: AppHealth, healthSince: Instant.nullable(), healthReason: z.string().nullable(), checkedAt: Instant.nullable(),
  lastJob: z.object({ id: JobId, action: InstallerAction, status: JobStatus, at: Instant }).nullable(),
  /** On the server, newest first. */
  backups: z.array(AppBackup),
  /** The one that runs, or the last one. */
  change: AppChangeSummary.nullable(),
  createdAt: Instant, updatedAt: Instant,
});
export type App = z.infer<typeof App>;

export const AppChange = z.object({
  id: ChangeId, projectId: ProjectId, serverId: ServerId, installer: InstallerId, action: ChangeAction, status: ChangeStatus,
  withBackup: z.boolean(), backup: BackupMade.nullable(),
  /** Those that have begun, in their order. */
  steps: z.array(z.object({ step: ChangeStep, jobId: JobId, at: Instant })),
  cause: z.string().nullable(), appIs: AppIs.nullable(), isHealthy: z.boolean().nullable(), reason: z.string().nullable(), advice: z.string().nullable(),
  createdAt: Instant, finishedAt: Instant.nullable(), updatedAt: Instant,
});
export type AppChange = z.infer<typeof AppChange>;

export const AppFilter = { installer: InstallerId.optional(), version: plainText(80).optional(), health: AppHealth.optional(), state: AppState.optional(), ...PageRequest };
const operators = { by: 'member', role: 'operator' } as const;
const viewers = { by: 'member', role: 'viewer' } as const;
const one = z.strictObject({ projectId: ProjectId, serverId: ServerId, installer: InstallerId });

/** Removed ones are left out, unless they are asked for, or the server is and they could be restored. */
export const listApps = defineRequest({ subject: subjects.rpc('agent-mgmt', 'app', 'list'), input: z.strictObject({ projectId: ProjectId, serverId: ServerId.optional(), ...AppFilter }), reply: pageOf(App), access: viewers });
export const readApp = defineRequest({ subject: subjects.rpc('agent-mgmt', 'app', 'read'), input: one, reply: App, access: viewers });
export const ChangeOrder = z.strictObject({
  action: ChangeAction,
  /** Added to what it was installed with. */
  inputs: z.record(z.string(), z.unknown()).default({}),
  /** Go ahead although nothing can be undone: the installer offers no backup, or it shall not be made. */
  withoutBackup: z.boolean().default(false),
});
export const changeApp = defineRequest({ subject: subjects.rpc('agent-mgmt', 'app', 'change'), input: one.extend({ changeId: ChangeId, ...ChangeOrder.shape }), reply: AppChange, access: operators });
export const readAppChange = defineRequest({ subject: subjects.rpc('agent-mgmt', 'app', 'read-change'), input: one.extend({ changeId: ChangeId }), reply: AppChange, access: viewers });
/** What is done with an app that does not change it, or brings back a backup. */
export const AppOrder = z.strictObject({ action: InstallerAction.extract(['health', 'backup', 'restore']), /** Of a restore; the newest one, if none is named. */ backupId: z.uuid().optional() });
export const actOnApp = defineRequest({ subject: subjects.rpc('agent-mgmt', 'app', 'act'), input: one.extend({ jobId: JobId, ...AppOrder.shape }), reply: Job, access: operators });
