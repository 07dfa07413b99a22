/** What this service's classes can have injected, beside the tokens of kit/service. */
import type { Dispatcher } from './job/dispatcher.ts';
import type { JobHandler } from './job/job.handler.ts';
import type { JobStore } from './job/job.store.ts';
import type { LeaseStore } from './job/lease.store.ts';
import type { QueueParts } from './job/queue-job.ts';
import type { AppHandler } from './app/app.handler.ts';
import type { AppStore } from './app/app.store.ts';
import type { Loop } from './loop.ts';
import type { RunHandler } from './run/run.handler.ts';
import type { RunStore } from './run/run.store.ts';
import type { ScheduleHandler } from './schedule/schedule.handler.ts';
import type { ScheduleStore } from './schedule/schedule.store.ts';

export const MASTER_KEY = Symbol('MasterKey');
export const AGENTS = Symbol('AgentStore');
export const ARRIVALS = Symbol('Arrivals');
export const BEATS = Symbol('Beats');
export const BOARD = Symbol('Board');
export const BUNDLES = Symbol('BundleStore');
export const INSTALLER_REGISTRY = Symbol('InstallerRegistry');
export const COMMAND_KEYS = Symbol('CommandKeys');
export const COMMANDS = Symbol('JobCommands');
export const DOORBELL = Symbol('Doorbell');
export const JOBS = Symbol('Jobs');
export const DISPATCHING = Symbol('Dispatching');
export const RUNS = Symbol('Runs');
export const APPS = Symbol('Apps');
export const CHECKS = Symbol('AppChecks');
export const UPGRADING = Symbol('Upgrading');
export const SCHEDULES = Symbol('Schedules');
export const MASKING = Symbol('JobMasking');
export const LOGS = Symbol('LogStore');
export const ARCHIVING = Symbol('LogArchiving');
export const SETTLING = Symbol('LogSettling');
export const INSTALLER_WATCH = Symbol('InstallerWatch');
export const FOLLOWER = Symbol('JobFollower');
export const INGEST = Symbol('LogIngest');
export const FORGETTING = Symbol('Forgetting');
export const FEEDS = Symbol('Feeds');
/** Everything that runs by itself. */
export const WORKERS = Symbol('Workers');

export type Jobs = QueueParts & { readonly store: JobStore; readonly handler: JobHandler };
export type Dispatching = { readonly leases: LeaseStore; readonly dispatcher: Dispatcher; readonly loop: Loop };
export type Runs = { readonly store: RunStore; readonly handler: RunHandler; readonly loop: Loop };
export type Apps = { readonly store: AppStore; readonly handler: AppHandler; readonly loop: Loop };
export type Schedules = { readonly store: ScheduleStore; readonly handler: ScheduleHandler; readonly loop: Loop };
