/** The only file that knows every part of agent-mgmt. */
import { internalScope, type Clock } from '@citrus/kit-domain';
import type { EventStore, Projections, WakeUp } from '@citrus/kit-event-store';
import { BadMasterKey, openMasterKeys, type MasterKeys } from '@citrus/kit-crypto';
import type { Logger, Requests } from '@citrus/kit-messaging';
import { CLOCK, CONFIG, DATABASE, EVENT_STORE, LOGGER, loggedServiceModule, NATS, observeKeys, PROJECTIONS, READINESS, REGISTRY, REQUESTS, StartRefused, WAKE_UP, type MetricsRegistry, type Readiness } from '@citrus/kit-service';
import type { NatsConnection } from '@nats-io/nats-core';
import { Module, type Provider } from '@nestjs/common';
import type { Kysely } from 'kysely';
import { AgentController } from './agent/agent.controller.ts';
import { createArrivals, type Arrivals } from './agent/arrivals.ts';
import { agentsAsTheyWere } from './agent/agent.history.ts';
import { agentsProjection } from './agent/agent.projection.ts';
import { Feeds } from './agent/agent.feeds.ts';
import { AppController } from './app/app.controller.ts';
import { BoardController } from './app/board.controller.ts';
import { BoardStore } from './app/board.store.ts';
import { AppHandler } from './app/app.handler.ts';
import { appsProjection } from './app/app.projection.ts';
import { AppStore } from './app/app.store.ts';
import { ChangeProcess } from './app/change.process.ts';
import { appChangesProjection } from './app/change.projection.ts';
import { CheckProcess } from './app/check.process.ts';
import { CheckStore } from './app/check.store.ts';
import { AgentStore } from './agent/agent.store.ts';
import { Beats } from './agent/beats.ts';
import { CommandKeys } from './command/command-keys.ts';
import { KeysController } from './command/keys.controller.ts';
import { Doorbell } from './command/doorbell.ts';
import type { Config } from './config.ts';
import type { AgentMgmtDatabase } from './database.ts';
import { agentMgmtEvents } from './events.ts';
import { newestBuild } from './agent-version/builds.ts';
import { UpgradeController } from './agent-version/upgrade.controller.ts';
import { UpgradeProcess } from './agent-version/upgrade.process.ts';
import { BundleStore } from './installer/bundle.store.ts';
import { InstalledAppsStore } from './installer/installed-apps.store.ts';
import { InstallerController } from './installer/installer.controller.ts';
import { InstallerRegistry } from './installer/installer-registry.ts';
import { readSources, type NamedSource } from './installer-source/sources-file.ts';
import { SourceStore } from './installer-source/source.store.ts';
import { Sources } from './installer-source/sources.ts';
import { InstallerWatch } from './installer/installer-watch.ts';
import { Dispatcher } from './job/dispatcher.ts';
import { JobCommands } from './job/job-commands.ts';
import { JobController } from './job/job.controller.ts';
import { JobReadingController } from './job/job-reading.controller.ts';
import { JobFollower } from './job/job-follower.ts';
import { jobsAsTheyWere } from './job/job.history.ts';
import { JobHandler } from './job/job.handler.ts';
import { JobMasking } from './job/job-masking.ts';
import { endedAttemptsProjection, jobsProjection } from './job/job.projection.ts';
import { JobSecrets } from './job/job-secrets.ts';
import { JobStore } from './job/job.store.ts';
import { LeaseStore } from './job/lease.store.ts';
import { ReportController } from './job/report.controller.ts';
import { LogArchive } from './job-log/log-archive.ts';
import { LogIngest } from './job-log/log-ingest.ts';
import { LogSettler } from './job-log/log-settler.ts';
import { LogStore } from './job-log/log.store.ts';
import { followListening } from './listening.ts';
import { createLoop, type Loop } from './loop.ts';
import { PingController } from './ping/ping.controller.ts';
import { runsAsTheyWere } from './run/run.history.ts';
import { BundleController } from './bundle/bundle.controller.ts';
import { BundleHandler } from './bundle/bundle.handler.ts';
import { bundlesAsTheyWere } from './bundle/bundle.history.ts';
import { BundleProcess } from './bundle/bundle.process.ts';
import { bundlesProjection } from './bundle/bundle.projection.ts';
import { InstalledBundleStore } from './bundle/bundle.store.ts';
import { RunController } from './run/run.controller.ts';
import { RunHandler } from './run/run.handler.ts';
import { RunProcess } from './run/run.process.ts';
import { runsProjection } from './run/run.projection.ts';
import { RunStore } from './run/run.store.ts';
import { ScheduleController } from './schedule/schedule.controller.ts';
import { ScheduleHandler } from './schedule/schedule.handler.ts';
import { schedulesAsTheyWere } from './schedule/schedule.history.ts';
import { ScheduleProcess } from './schedule/schedule.process.ts';
import { schedulesProjection } from './schedule/schedule.projection.ts';
import { ScheduleStore } from './schedule/schedule.store.ts';
import { AGENTS, APPS, APP_BUNDLES, ARCHIVING, ARRIVALS, BEATS, BOARD, BUNDLES, CHECKS, COMMANDS, COMMAND_KEYS, DISPATCHING, DOORBELL, FEEDS, FOLLOWER, FORGETTING, INGEST, INSTALLER_REGISTRY, INSTALLER_SOURCES, INSTALLER_WATCH, JOBS, LOGS, MASKING, MASTER_KEY, NAMED_SOURCES, RUNS, SCHEDULES, SETTLING, UPGRADING, WORKERS, type AppBundles, type Apps, type Dispatching, type Jobs, type Runs, type Schedules } from './tokens.ts';
import { Workers, type Worker } from './workers.ts';

const TURN_EVERY_MS = 1000;
const FORGET_EVERY_MS = 10_000;
const UPGRADE_TURN_EVERY_MS = 2000;
const CHECK_TURN_EVERY_MS = 5_000;
const ARCHIVE_EVERY_MS = 60_000;
const ARCHIVING_SCOPE = internalScope('packs and removes old logs, whoever they belong to');

type Db = Kysely<AgentMgmtDatabase>;

const masterKeyOf = ({ CITRUS_MASTER_KEY_FILE }: Config): MasterKeys => {
  try {
    return openMasterKeys(CITRUS_MASTER_KEY_FILE);
  } catch (error) {
    throw error instanceof BadMasterKey ? new StartRefused(`CITRUS_MASTER_KEY_FILE: ${error.message}`) : error;
  }
};

/* oxlint-disable max-params -- Nest gives factories their dependencies one by one */
const dispatchingOf = (jobs: Jobs, commands: JobCommands, doorbell: Doorbell, beats: Beats, logs: LogStore, masking: JobMasking, db: Db, clock: Clock, logger: Logger, nats: NatsConnection, config: Config): Dispatching => {
  const leases = new LeaseStore(db, config.CITRUS_JOB_LEASE_MS);
  const listeningSince = followListening(nats, clock, config.CITRUS_JOB_LEASE_MS);
  const dispatcher = new Dispatcher({ jobs: jobs.store, handler: jobs.handler, leases, commands, doorbell, beats, logs, masking, clock, logger, leaseMs: config.CITRUS_JOB_LEASE_MS, listeningSince });
  return { leases, dispatcher, loop: createLoop({ name: 'dispatcher', everyMs: TURN_EVERY_MS, logger, work: () => dispatcher.turn() }) };
};

const workersOf = (watch: Worker, sources: Worker, beats: Worker, follower: Worker, ingest: Worker, settling: Worker, { loop, dispatcher }: Dispatching, feeds: Worker, forgetting: Worker, runs: Runs, apps: Apps, bundles: AppBundles, checks: Worker, upgrading: Worker, schedules: Schedules, archiving: Worker): Worker[] => {
  const dispatching = { start: () => loop.start(), stop: () => loop.stop().then(() => dispatcher.idle()) };
  return [watch, sources, beats, follower, ingest, settling, dispatching, feeds, forgetting, runs.loop, apps.loop, bundles.loop, checks, upgrading, schedules.loop, archiving];
};

const providers: Provider[] = [
  { provide: MASTER_KEY, inject: [CONFIG], useFactory: masterKeyOf },
  { provide: AGENTS, inject: [DATABASE, CONFIG], useFactory: (db: Db, config: Config) => new AgentStore(db, () => newestBuild(config.CITRUS_ARTIFACTS_DIR)) },
  { provide: BOARD, inject: [DATABASE], useFactory: (db: Db) => new BoardStore(db) },
  { provide: BUNDLES, inject: [DATABASE], useFactory: (db: Db) => new BundleStore(db) },
  {
    provide: Symbol('KeyAges'),
    inject: [DATABASE, REGISTRY],
    useFactory: (db: Db, registry: MetricsRegistry) =>
      observeKeys(registry, async () => (await db.selectFrom('command_keys').select('created_at').where('role', '=', 'current').execute()).map(({ created_at: at }) => ({ key: 'key of commands', madeAt: new Date(at).toISOString(), expiresAt: null }))),
  },
  { provide: LOGS, inject: [DATABASE, MASKING, CONFIG], useFactory: (db: Db, masking: JobMasking, config: Config) => new LogStore(db, masking.pieces, { attemptBytes: config.CITRUS_JOB_LOG_ATTEMPT_BYTES, jobBytes: config.CITRUS_JOB_LOG_JOB_BYTES }) },
  { provide: MASKING, inject: [JOBS], useFactory: ({ handler, secrets }: Jobs) => new JobMasking(handler, secrets) },
  {
    provide: COMMAND_KEYS,
    inject: [DATABASE, MASTER_KEY, READINESS, CLOCK],
    useFactory: (db: Db, masterKeys: MasterKeys, readiness: Readiness, clock: Clock) => {
      const keys = new CommandKeys(db, masterKeys, clock);
      readiness.add('command key', () => keys.check());
      return keys;
    },
  },
  { provide: DOORBELL, inject: [NATS, COMMAND_KEYS, LOGGER], useFactory: (nats: NatsConnection, keys: CommandKeys, logger: Logger) => new Doorbell(nats, keys, logger) },
  { provide: NAMED_SOURCES, inject: [CONFIG], useFactory: (config: Config) => readSources(config.CITRUS_INSTALLER_SOURCES_FILE) },
  {
    provide: INSTALLER_REGISTRY,
    inject: [CONFIG, BUNDLES, NAMED_SOURCES, DATABASE, LOGGER],
    useFactory: (config: Config, bundles: BundleStore, sources: readonly NamedSource[], db: Db, logger: Logger) =>
      new InstallerRegistry(config.CITRUS_INSTALLERS_DIR, bundles, logger, () => new SourceStore(db).inUse(sources.map(({ name }) => name))),
  },
  {
    provide: INSTALLER_SOURCES,
    inject: [NAMED_SOURCES, DATABASE, INSTALLER_REGISTRY, LOGGER],
    useFactory: (sources: readonly NamedSource[], db: Db, registry: InstallerRegistry, logger: Logger) => new Sources({ sources, store: new SourceStore(db), registry, logger }),
  },
  { provide: BEATS, inject: [DATABASE, NATS, CLOCK, LOGGER, CONFIG], useFactory: (db: Db, nats: NatsConnection, clock: Clock, logger: Logger, config: Config) => new Beats({ db, nats, clock, logger, leaseMs: config.CITRUS_JOB_LEASE_MS }) },
  {
    provide: JOBS,
    inject: [DATABASE, EVENT_STORE, INSTALLER_REGISTRY, AGENTS, BEATS, MASTER_KEY, CLOCK],
    useFactory: (db: Db, store: EventStore, registry: InstallerRegistry, agents: AgentStore, beats: Beats, masterKeys: MasterKeys, clock: Clock): Jobs =>
      ({ store: new JobStore(db, () => beats.onlineSince()), handler: new JobHandler(store), secrets: new JobSecrets(db, masterKeys), registry, agents, apps: new InstalledAppsStore(db), clock }),
  },
  { provide: COMMANDS, inject: [AGENTS, JOBS, CLOCK], useFactory: (agents: AgentStore, jobs: Jobs, clock: Clock) => new JobCommands(agents, jobs.secrets, clock) },
  { provide: DISPATCHING, inject: [JOBS, COMMANDS, DOORBELL, BEATS, LOGS, MASKING, DATABASE, CLOCK, LOGGER, NATS, CONFIG], useFactory: dispatchingOf },
  {
    provide: RUNS,
    inject: [DATABASE, EVENT_STORE, PROJECTIONS, JOBS, DISPATCHING, LOGGER],
    useFactory: (db: Db, store: EventStore, projections: Projections, jobs: Jobs, dispatching: Dispatching, logger: Logger): Runs => {
      const [runs, handler] = [new RunStore(db), new RunHandler(store)];
      const process = new RunProcess({ runs, handler, jobs, dispatching, projections, logger });
      return { store: runs, handler, loop: createLoop({ name: 'runs', everyMs: TURN_EVERY_MS, logger, work: () => process.turn() }) };
    },
  },
  {
    provide: APPS,
    inject: [DATABASE, EVENT_STORE, PROJECTIONS, JOBS, DISPATCHING, LOGGER],
    useFactory: (db: Db, store: EventStore, projections: Projections, jobs: Jobs, dispatching: Dispatching, logger: Logger): Apps => {
      const [apps, handler] = [new AppStore(db), new AppHandler(store)];
      const process = new ChangeProcess({ apps, handler, jobs, dispatching, projections, logger });
      return { store: apps, handler, loop: createLoop({ name: 'changes of apps', everyMs: TURN_EVERY_MS, logger, work: () => process.turn() }) };
    },
  },
  {
    provide: APP_BUNDLES,
    inject: [DATABASE, EVENT_STORE, PROJECTIONS, APPS, JOBS, DISPATCHING, LOGGER],
    useFactory: (db: Db, store: EventStore, projections: Projections, apps: Apps, jobs: Jobs, dispatching: Dispatching, logger: Logger): AppBundles => {
      const [bundles, handler] = [new InstalledBundleStore(db), new BundleHandler(store)];
      const process = new BundleProcess({ bundles, handler, apps, jobs, dispatching, projections, logger });
      return { store: bundles, handler, loop: createLoop({ name: 'bundles', everyMs: TURN_EVERY_MS, logger, work: () => process.turn() }) };
    },
  },
  {
    provide: CHECKS,
    inject: [DATABASE, APPS, JOBS, DISPATCHING, BEATS, LOGGER, CONFIG],
    useFactory: (db: Db, apps: Apps, jobs: Jobs, dispatching: Dispatching, beats: Beats, logger: Logger, config: Config) => {
      const process = new CheckProcess({ checks: new CheckStore(db), apps: apps.store, jobs, dispatching, beats, logger, everyMs: config.CITRUS_APP_CHECK_EVERY_MS });
      const turnEveryMs = Math.min(CHECK_TURN_EVERY_MS, Math.max(100, config.CITRUS_APP_CHECK_EVERY_MS / 4));
      return createLoop({ name: 'checks of apps', everyMs: turnEveryMs, logger, work: () => process.turn() });
    },
  },
  {
    provide: UPGRADING,
    inject: [EVENT_STORE, AGENTS, DOORBELL, PROJECTIONS, CLOCK, LOGGER],
    useFactory: (store: EventStore, agents: AgentStore, doorbell: Doorbell, projections: Projections, clock: Clock, logger: Logger) => {
      const process = new UpgradeProcess({ store, agents, doorbell, projections, clock, logger });
      return createLoop({ name: 'upgrades of agents', everyMs: UPGRADE_TURN_EVERY_MS, logger, work: () => process.turn() });
    },
  },
  {
    provide: SCHEDULES,
    inject: [DATABASE, EVENT_STORE, PROJECTIONS, JOBS, RUNS, REQUESTS, CLOCK, LOGGER],
    useFactory: (db: Db, events: EventStore, projections: Projections, jobs: Jobs, runs: Runs, requests: Requests, clock: Clock, logger: Logger): Schedules => {
      const [store, handler] = [new ScheduleStore(db), new ScheduleHandler(events)];
      const process = new ScheduleProcess({ store, handler, runs, jobs, requests, projections, clock, logger });
      return { store, handler, loop: createLoop({ name: 'schedules', everyMs: TURN_EVERY_MS, logger, work: () => process.turn() }) };
    },
  },
  {
    provide: SETTLING,
    inject: [LOGS, JOBS, DOORBELL, COMMANDS, NATS, CLOCK, LOGGER],
    useFactory: (logs: LogStore, jobs: Jobs, doorbell: Doorbell, commands: JobCommands, nats: NatsConnection, clock: Clock, logger: Logger) => {
      const settler = new LogSettler({ logs, jobs: jobs.store, doorbell, commands, nats, clock, logger });
      const loop = createLoop({ name: 'log settling', everyMs: TURN_EVERY_MS, logger, work: () => settler.turn() });
      return { ...loop, stop: () => loop.stop().then(() => settler.idle()) };
    },
  },
  {
    provide: ARCHIVING,
    inject: [DATABASE, CLOCK, LOGGER, CONFIG],
    useFactory: (db: Db, clock: Clock, logger: Logger, config: Config) => {
      const archive = new LogArchive({ db, clock, logger, keeping: { archiveAfterDays: config.CITRUS_JOB_LOGS_ARCHIVED_AFTER_DAYS, removeAfterDays: config.CITRUS_JOB_LOGS_REMOVED_AFTER_DAYS } });
      return createLoop({ name: 'archiving of logs', everyMs: ARCHIVE_EVERY_MS, logger, work: () => archive.turn(ARCHIVING_SCOPE) });
    },
  },
  {
    provide: INSTALLER_WATCH,
    inject: [CONFIG, INSTALLER_REGISTRY, READINESS, LOGGER],
    useFactory: (config: Config, registry: InstallerRegistry, readiness: Readiness, logger: Logger) => new InstallerWatch({ registry, directory: config.CITRUS_INSTALLERS_DIR, readiness, logger }),
  },
  {
    provide: FOLLOWER,
    inject: [EVENT_STORE, PROJECTIONS, WAKE_UP, NATS, LOGGER, DISPATCHING, SETTLING, RUNS, APPS, APP_BUNDLES],
    useFactory: (store: EventStore, projections: Projections, wakeUp: WakeUp, nats: NatsConnection, logger: Logger, dispatching: Dispatching, settling: Loop, runs: Runs, apps: Apps, bundles: AppBundles) => {
      const wokenBy: Readonly<Record<string, readonly Loop[]>> = {
        JobQueued: [dispatching.loop], JobCancelRequested: [dispatching.loop], JobAttemptFailed: [dispatching.loop, settling],
        JobFinished: [dispatching.loop, settling, runs.loop, apps.loop, bundles.loop],
        RunCreated: [runs.loop], RunResumed: [runs.loop], RunAbortRequested: [runs.loop], AppChangeRequested: [apps.loop], AppChangeFinished: [bundles.loop],
        BundleRequested: [bundles.loop], BundleRetried: [bundles.loop], BundleCancelRequested: [bundles.loop], BundleUninstallRequested: [bundles.loop],
      };
      const onShown = (types: ReadonlySet<string>) => new Set([...types].flatMap((type) => wokenBy[type] ?? [])).forEach((loop) => loop.wake());
      return new JobFollower({ store, projections, wakeUp, nats, logger, onShown });
    },
  },
  {
    provide: INGEST,
    inject: [NATS, LOGS, JOBS, SETTLING, CLOCK, LOGGER],
    useFactory: (nats: NatsConnection, logs: LogStore, jobs: Jobs, settling: Loop, clock: Clock, logger: Logger) => new LogIngest({ nats, logs, jobs: jobs.store, clock, logger, onWhole: () => settling.wake() }),
  },
  { provide: ARRIVALS, useFactory: createArrivals },
  {
    provide: FEEDS,
    inject: [EVENT_STORE, PROJECTIONS, ARRIVALS, JOBS, CONFIG, DATABASE, NATS, REQUESTS, LOGGER, REGISTRY],
    useFactory: (store: EventStore, projections: Projections, arrivals: Arrivals, jobs: Jobs, config: Config, db: Db, nats: NatsConnection, requests: Requests, logger: Logger, registry: MetricsRegistry) =>
      new Feeds({ store, projections, arrivals, jobs }, { databaseUrl: config.CITRUS_DATABASE_URL, db, nats, requests, logger }, registry),
  },
  {
    provide: FORGETTING,
    inject: [JOBS, COMMAND_KEYS, EVENT_STORE, PROJECTIONS, CLOCK, LOGGER, CONFIG],
    useFactory: ({ secrets }: Jobs, keys: CommandKeys, store: EventStore, projections: Projections, clock: Clock, logger: Logger, config: Config) => createLoop({
      name: 'forgetting of secrets', everyMs: FORGET_EVERY_MS, logger,
      work: async () => {
        // A job that is not shown yet would pass for one that never came to be, and a key that is destroyed is gone for good.
        await projections.reached(await store.head());
        const destroyed = await secrets.destroyOver({ now: clock(), keptMs: config.CITRUS_JOB_SECRETS_KEPT_DAYS * 86_400_000 });
        if (destroyed > 0) logger.info({ event: 'job_keys.destroyed', jobs: destroyed }, 'sensitive inputs of jobs that are over are gone for good');
        await keys.destroyOld();
      },
    }),
  },
  { provide: WORKERS, inject: [INSTALLER_WATCH, INSTALLER_SOURCES, BEATS, FOLLOWER, INGEST, SETTLING, DISPATCHING, FEEDS, FORGETTING, RUNS, APPS, APP_BUNDLES, CHECKS, UPGRADING, SCHEDULES, ARCHIVING], useFactory: workersOf },
  Workers,
];
/* oxlint-enable max-params */

@Module({
  imports: [loggedServiceModule<AgentMgmtDatabase>({
    service: 'agent-mgmt', events: agentMgmtEvents,
    projections: [
      agentsProjection, jobsProjection, endedAttemptsProjection, runsProjection, appsProjection, appChangesProjection, schedulesProjection,
      bundlesProjection,
    ],
    readModels: [
      agentsAsTheyWere, jobsAsTheyWere, runsAsTheyWere, schedulesAsTheyWere,
      bundlesAsTheyWere,
    ],
  })],
  controllers: [
    AgentController, UpgradeController, KeysController, InstallerController, JobController, JobReadingController, ReportController, RunController, AppController, BoardController, PingController, ScheduleController,
    BundleController,
  ],
  providers,
})
export class AppModule {}
