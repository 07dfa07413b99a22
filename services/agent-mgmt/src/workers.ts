/** What this service does by itself, beside answering: it starts here with the application and stops before it. */
import { readdir } from 'node:fs/promises';
import { startFeed, type EventStore, type Feed, type Projections, type WakeUp } from '@citrus/kit-event-store';
import type { Clock } from '@citrus/kit-domain';
import type { Logger, Requests } from '@citrus/kit-messaging';
import { CLOCK, CONFIG, DATABASE, EVENT_STORE, LOGGER, NATS, PROJECTIONS, READINESS, REQUESTS, StartRefused, WAKE_UP, type Readiness } from '@citrus/kit-service';
import type { NatsConnection } from '@nats-io/nats-core';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Kysely } from 'kysely';
import { followServers, registerEnrolled } from './agent/agent.feeds.ts';
import type { AgentStore } from './agent/agent.store.ts';
import type { Beats } from './agent/beats.ts';
import type { CommandKeys } from './command/command-keys.ts';
import type { Config } from './config.ts';
import type { AgentMgmtDatabase } from './database.ts';
import type { InstallerRegistry } from './installer/installer-registry.ts';
import { JobFollower } from './job/job-follower.ts';
import { LogIngest } from './job-log/log-ingest.ts';
import type { LogStore } from './job-log/log.store.ts';
import { createLoop, type Loop } from './loop.ts';
import { AGENTS, BEATS, COMMAND_KEYS, DISPATCHING, INSTALLER_REGISTRY, JOBS, LOGS, SETTLING, type Dispatching, type Jobs } from './tokens.ts';

/** How soon a replica follows a reload that another one was asked for. */
const FOLLOW_RELOADS_EVERY_MS = 2000;

@Injectable()
export class Workers implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #follower: JobFollower;
  readonly #ingest: LogIngest;
  readonly #reloads: Loop;
  readonly #reloadNow = () => void this.registry.reload().catch((error: unknown) => this.logger.error({ event: 'installers.unreadable', err: error }, 'the reload failed; the installers from before stay'));
  #feeds: Feed[] = [];

  // oxlint-disable-next-line max-params -- this is where everything meets
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(DATABASE) private readonly db: Kysely<AgentMgmtDatabase>,
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(READINESS) private readonly readiness: Readiness,
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(PROJECTIONS) private readonly projections: Projections,
    @Inject(WAKE_UP) wakeUp: WakeUp,
    @Inject(INSTALLER_REGISTRY) private readonly registry: InstallerRegistry,
    @Inject(COMMAND_KEYS) private readonly keys: CommandKeys,
    @Inject(AGENTS) private readonly agents: AgentStore,
    @Inject(BEATS) private readonly beats: Beats,
    @Inject(JOBS) private readonly jobs: Jobs,
    @Inject(DISPATCHING) private readonly dispatching: Dispatching,
    @Inject(LOGS) logs: LogStore,
    @Inject(SETTLING) private readonly settling: Loop,
  ) {
    const onChange = () => {
      this.dispatching.loop.wake();
      this.settling.wake();
    };
    this.#follower = new JobFollower({ store, projections, wakeUp, nats, logger, onChange });
    this.#ingest = new LogIngest({ nats, logs, jobs: jobs.store, clock, logger });
    this.#reloads = createLoop({ name: 'installer reloads', everyMs: FOLLOW_RELOADS_EVERY_MS, logger, work: () => registry.follow() });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.#refuseUnreadableInstallers();
    await this.registry.follow().catch((error: unknown) => this.logger.warn({ event: 'installers.unread', err: error }, 'the installers could not be read yet; trying again'));
    this.readiness.add('installers', async () => (this.registry.isOpen ? undefined : 'the installers have not been read yet'));
    this.readiness.add('command key', () => this.keys.check());
    this.#reloads.start();
    this.beats.start();
    this.#follower.start();
    this.#ingest.start();
    this.settling.start();
    this.dispatching.loop.start();
    this.#feeds = this.#startFeeds();
    process.on('SIGHUP', this.#reloadNow);
  }

  async onModuleDestroy(): Promise<void> {
    process.off('SIGHUP', this.#reloadNow);
    await Promise.all([...this.#feeds, this.#reloads, this.beats, this.#follower, this.#ingest, this.settling, this.dispatching.loop].map((part) => part.stop()));
    await this.dispatching.dispatcher.idle();
  }

  async #refuseUnreadableInstallers(): Promise<void> {
    try {
      await readdir(this.config.CITRUS_INSTALLERS_DIR);
    } catch (error) {
      throw new StartRefused(`CITRUS_INSTALLERS_DIR: ${this.config.CITRUS_INSTALLERS_DIR} cannot be read (${error instanceof Error ? error.message : String(error)}). Set it to the folder that holds the installers.`);
    }
  }

  #startFeeds(): Feed[] {
    const { store, projections, agents, clock, db, nats, requests, logger } = this;
    const context = { store, projections, agents, jobs: this.jobs.store, jobHandler: this.jobs.handler, secrets: this.jobs.secrets, clock };
    const common = { databaseUrl: this.config.CITRUS_DATABASE_URL, db, nats, requests, logger };
    return [
      startFeed({ ...common, source: 'auth', consumer: 'agent-mgmt-agents', handle: registerEnrolled(context) }),
      startFeed({ ...common, source: 'provisioning', consumer: 'agent-mgmt-servers', handle: followServers(context) }),
    ];
  }
}
