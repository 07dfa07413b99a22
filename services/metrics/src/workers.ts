/** What this service does by itself: it hears heartbeats, follows agent-mgmt's log and forgets old samples. */
import type { Clock } from '@citrus/kit-domain';
import { startFeed, type Feed } from '@citrus/kit-event-store';
import type { Logger, Requests } from '@citrus/kit-messaging';
import { CLOCK, CONFIG, DATABASE, LOGGER, NATS, observeFeed, REGISTRY, REQUESTS, type DatabaseConfig, type MetricsRegistry } from '@citrus/kit-service';
import type { NatsConnection } from '@nats-io/nats-core';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Kysely } from 'kysely';
import { followActivity } from './activity/activity.feed.ts';
import type { ActivityStore } from './activity/activity.store.ts';
import type { MetricsDatabase } from './database.ts';
import { every, type Repeated } from './repeated.ts';
import { Heartbeats } from './sample/heartbeats.ts';
import type { SampleStore } from './sample/sample.store.ts';
import { ACTIVITY, SAMPLES } from './tokens.ts';

const CONSUMER = 'metrics-activity';
/** Counts may follow so much later where much happens. */
const GATHER_MS = 200;
const HOUR_MS = 3_600_000;
const SAMPLES_KEPT_MS = 14 * 24 * HOUR_MS;

@Injectable()
export class Workers implements OnApplicationBootstrap, OnModuleDestroy {
  #parts: (Feed | Heartbeats | Repeated)[] = [];

  // oxlint-disable-next-line max-params -- this is where everything meets
  constructor(
    @Inject(CONFIG) private readonly config: DatabaseConfig,
    @Inject(DATABASE) private readonly db: Kysely<MetricsDatabase>,
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SAMPLES) private readonly samples: SampleStore,
    @Inject(ACTIVITY) private readonly activity: ActivityStore,
    @Inject(REGISTRY) private readonly registry: MetricsRegistry,
  ) {}

  onApplicationBootstrap(): void {
    const { db, nats, requests, samples, clock, logger } = this;
    const databaseUrl = this.config.CITRUS_DATABASE_URL;
    const handleAll = followActivity(this.activity);
    this.#parts = [
      new Heartbeats({ nats, samples, clock, logger }),
      observeFeed(this.registry, CONSUMER, startFeed({ databaseUrl, db, nats, requests, logger, source: 'agent-mgmt', consumer: CONSUMER, handle: (event) => handleAll([event]), handleAll, gatherMs: GATHER_MS })),
      every(HOUR_MS, () => samples.removeBefore(new Date(clock().getTime() - SAMPLES_KEPT_MS)), logger),
    ];
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.stop()));
  }
}
