/** Bundles on servers: one was asked for, its apps are installed one after the other, and are removed in reverse order. */
import { z } from 'zod';
import { JobOutputs } from '../agent/messages.ts';
import { Digest, InstalledBundleId, InstallerId, Instant, ProjectId, ServerId } from '../ids.ts';
import { CheckedRequirement, InputValue, InstallerPlan } from '../installer/manifest.ts';
import { PageRequest, pageOf } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';
import { AppBundle, BundleAppId, BundleId, BundleRole, BundleValue, IfPresent, RefusedBundle } from './manifest.ts';

export const BundlePhase = z.enum(['install', 'uninstall']);
export type BundlePhase = z.infer<typeof BundlePhase>;
/** `upgrade` and `uninstall` are safe changes of an app, with all that belongs to those. */
export const StepHow = z.enum(['install', 'upgrade', 'uninstall']);
export type StepHow = z.infer<typeof StepHow>;
/** `skipped`: it was there before; `left-out`: its condition was not true. */
export const StepOutcome = z.enum(['done', 'skipped', 'left-out', 'failed', 'cancelled']);
export type StepOutcome = z.infer<typeof StepOutcome>;
export const BundleStatus = z.enum(['installing', 'installed', 'uninstalling', 'removed', 'cancelling', 'cancelled', 'failed']);
export type BundleStatus = z.infer<typeof BundleStatus>;
export const OPEN_BUNDLE_STATUSES: readonly BundleStatus[] = ['installing', 'uninstalling', 'cancelling'];

/** An app as it was asked for; a later reload of the bundle does not change it. */
export const BundleStep = z.object({
  app: BundleAppId, role: BundleRole, serverId: ServerId, installer: InstallerId, installerVersion: z.string(), installerDigest: Digest,
  inputs: z.record(z.string(), BundleValue), when: z.string().optional(), ifPresent: IfPresent,
});
export type BundleStep = z.infer<typeof BundleStep>;

const about = { installedBundleId: InstalledBundleId, at: Instant };
const step = { attempt: z.int().positive(), phase: BundlePhase, app: BundleAppId, serverId: ServerId, installer: InstallerId };
/** The public facts of a stream `bundle-<id>`. A sensitive input is only ever there as a sealed text. */
export const BundleRequested = z.object({
  ...about, projectId: ProjectId, bundle: BundleId, bundleVersion: z.string(), bundleDigest: Digest,
  inputs: z.record(z.string(), InputValue), sealedInputs: z.string(), servers: z.record(BundleRole, ServerId),
  /** In the order in which they are installed. */
  steps: z.array(BundleStep),
});
/** Its turn has come, and it waits for what passes by itself, until then at the longest. */
export const BundleStepHeld = z.object({ ...about, ...step, code: z.string(), reason: z.string(), until: Instant });
/** `workId`: its job, or the change of the app. */
export const BundleStepBegun = z.object({ ...about, ...step, how: StepHow, workId: z.uuid() });
export const BundleStepEnded = z.object({ ...about, ...step, outcome: StepOutcome, /** What it hands on. */ outputs: JobOutputs, reason: z.string() });
export const BundleCancelRequested = z.object(about);
/** Goes on with what failed or was cancelled, with the same inputs. */
export const BundleRetried = z.object({ ...about, attempt: z.int().positive() });
export const BundleUninstallRequested = z.object({ ...about, attempt: z.int().positive(), withoutBackup: z.boolean() });
export const BundleFinished = z.object({ ...about, projectId: ProjectId, status: BundleStatus.extract(['installed', 'removed', 'cancelled', 'failed']), reason: z.string() });

/** `kept`: it was there before the bundle, so it stays when the bundle goes. */
export const BundleAppStatus = z.enum(['waiting', 'running', 'installed', 'skipped', 'left-out', 'failed', 'cancelled', 'removed', 'kept']);
export type BundleAppStatus = z.infer<typeof BundleAppStatus>;

export const InstalledBundleApp = z.object({
  app: BundleAppId, role: BundleRole, serverId: ServerId, installer: InstallerId, installerVersion: z.string(),
  status: BundleAppStatus, how: StepHow.nullable(), workId: z.uuid().nullable(), outputs: JobOutputs, reason: z.string().nullable(),
  /** Of one that waits for something that passes by itself, as a server that is still being made: then it is given up. */
  waitsUntil: Instant.nullable().default(null),
});
export type InstalledBundleApp = z.infer<typeof InstalledBundleApp>;

export const InstalledBundle = z.object({
  id: InstalledBundleId, projectId: ProjectId, bundle: BundleId, version: z.string(), digest: Digest,
  status: BundleStatus, phase: BundlePhase, attempt: z.int().positive(),
  /** Why it is as it is, and what a person can do; null while nothing needs to be said. */
  reason: z.string().nullable(),
  /** Sensitive ones are left out. */
  inputs: z.record(z.string(), InputValue), servers: z.record(BundleRole, ServerId),
  /** In the order in which they are installed. */
  apps: z.array(InstalledBundleApp),
  createdAt: Instant, finishedAt: Instant.nullable(), updatedAt: Instant,
});
export type InstalledBundle = z.infer<typeof InstalledBundle>;

const operators = { by: 'member', role: 'operator' } as const;
const viewers = { by: 'member', role: 'viewer' } as const;
const one = z.strictObject({ projectId: ProjectId, installedBundleId: InstalledBundleId });

export const listBundles = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'bundle', 'catalogue'), input: z.strictObject({}), reply: z.object({ items: z.array(AppBundle), refused: z.array(RefusedBundle) }), access: viewers,
});

export const BundleOrder = z.strictObject({ bundle: BundleId, servers: z.record(BundleRole, ServerId), inputs: z.record(z.string(), z.unknown()).default({}) });
const Problem = z.object({ path: z.string(), message: z.string() });
export const PlannedApp = z.object({
  app: BundleAppId, role: BundleRole, serverId: ServerId, installer: InstallerId, name: z.string(), version: z.string(),
  /** What would be done with it; `refuse`: it is there, and the bundle says to leave such servers alone. */
  does: z.enum(['install', 'upgrade', 'skip', 'leave-out', 'refuse']),
  installed: z.string().nullable(),
  /** Known ones; sensitive ones are left out. */
  inputs: z.record(z.string(), InputValue),
  /** Which are there but not shown, and which are known only once another app is there, with their expression. */
  hidden: z.array(z.string()), later: z.record(z.string(), z.string()),
  requirements: z.array(CheckedRequirement), warnings: z.array(z.string()), notice: z.string().nullable(), problems: z.array(Problem), changes: InstallerPlan.shape.changes,
});
export type PlannedApp = z.infer<typeof PlannedApp>;
/** What would run in which order, and everything that stands against it, at once. Nothing is written. */
export const BundlePlan = z.object({
  bundle: BundleId, version: z.string(), digest: Digest, inputs: z.record(z.string(), InputValue), hidden: z.array(z.string()),
  /** Of the bundle's own inputs and servers. */
  problems: z.array(Problem), apps: z.array(PlannedApp), warnings: z.array(z.string()), canRun: z.boolean(),
});
export type BundlePlan = z.infer<typeof BundlePlan>;

export const planBundle = defineRequest({ subject: subjects.rpc('agent-mgmt', 'bundle', 'plan'), input: z.strictObject({ projectId: ProjectId, ...BundleOrder.shape }), reply: BundlePlan, access: viewers });
export const installBundle = defineRequest({ subject: subjects.rpc('agent-mgmt', 'bundle', 'install'), input: one.extend(BundleOrder.shape), reply: InstalledBundle, access: operators });
export const listInstalledBundles = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'bundle', 'list'), input: z.strictObject({ projectId: ProjectId, bundle: BundleId.optional(), status: BundleStatus.optional(), ...PageRequest }), reply: pageOf(InstalledBundle), access: viewers,
});
export const readInstalledBundle = defineRequest({ subject: subjects.rpc('agent-mgmt', 'bundle', 'read'), input: one, reply: InstalledBundle, access: viewers });
export const cancelBundle = defineRequest({ subject: subjects.rpc('agent-mgmt', 'bundle', 'cancel'), input: one, reply: InstalledBundle, access: operators });
export const retryBundle = defineRequest({ subject: subjects.rpc('agent-mgmt', 'bundle', 'retry'), input: one, reply: InstalledBundle, access: operators });
export const BundleRemoval = z.strictObject({ /** Go ahead although nothing can be undone. */ withoutBackup: z.boolean().default(false) });
export const uninstallBundle = defineRequest({ subject: subjects.rpc('agent-mgmt', 'bundle', 'uninstall'), input: one.extend(BundleRemoval.shape), reply: InstalledBundle, access: operators });
