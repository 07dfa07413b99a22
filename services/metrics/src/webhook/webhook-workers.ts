/** What webhooks do by themselves: follow every log, send what is due, and sweep up. */
import { LOGGED_SERVICES } from '@citrus/contracts';
import { startFeed, type Feed, type Projections } from '@citrus/kit-event-store';
import type { Logger, Requests } from '@citrus/kit-messaging';
import { CONFIG, DATABASE, LOGGER, NATS, observeFeed, PROJECTIONS, REGISTRY, REQUESTS, type MetricsRegistry } from '@citrus/kit-service';
import type { NatsConnection } from '@nats-io/nats-core';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Kysely } from 'kysely';
import type { MetricsConfig } from '../config.ts';
import type { MetricsDatabase } from '../database.ts';
import type { DeliveryStore } from '../delivery/delivery.store.ts';
import { recordDeliveries } from '../delivery/record-deliveries.ts';
import type { Sender } from '../delivery/sender.ts';
import { every, type Repeated } from '../repeated.ts';
import { DELIVERY_STORE, SENDER, WEBHOOK_PARTS, WEBHOOK_UPKEEP } from '../tokens.ts';
import type { SharedParts } from './webhook.providers.ts';

const UPKEEP_EVERY_MS = 600_000;
/** What happens without a pause is looked up this often, for all logs at once; receivers hear of it so much later at most. */
const GATHER_MS = 100;

@Injectable()
export class WebhookWorkers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #feeds: readonly Feed[] = [];
  #upkeep: Repeated | undefined;
  #isCaughtUp = false;

  // oxlint-disable-next-line max-params -- this is where everything meets
  constructor(
    @Inject(CONFIG) private readonly config: MetricsConfig,
    @Inject(DATABASE) private readonly db: Kysely<MetricsDatabase>,
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(REGISTRY) private readonly registry: MetricsRegistry,
    @Inject(WEBHOOK_PARTS) private readonly parts: SharedParts,
    @Inject(DELIVERY_STORE) private readonly deliveries: DeliveryStore,
    @Inject(SENDER) private readonly sender: Sender,
    @Inject(PROJECTIONS) private readonly projections: Projections,
    @Inject(WEBHOOK_UPKEEP) private readonly upkeep: () => Promise<void>,
  ) {}

  onApplicationBootstrap(): void {
    const { db, nats, requests, logger, deliveries, sender } = this;
    this.#feeds = LOGGED_SERVICES.map((source) => {
      const consumer = `metrics-webhooks-${source}`;
      const handleAll = recordDeliveries({ caughtUp: () => this.#caughtUp(), webhooks: this.parts.store, deliveries, wake: sender.wake }, source);
      return observeFeed(this.registry, consumer, startFeed({ databaseUrl: this.config.CITRUS_DATABASE_URL, db, nats, requests, logger, source, consumer, handle: (event) => handleAll([event]), handleAll, gatherMs: GATHER_MS }));
    });
    this.#upkeep = every(UPKEEP_EVERY_MS, this.upkeep, logger);
  }

  /** Whoever creates a webhook later is answered when it is shown. */
  async #caughtUp(): Promise<void> {
    if (this.#isCaughtUp) return;
    await this.projections.reached(await this.parts.handler.head());
    this.#isCaughtUp = true;
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([...this.#feeds.map((feed) => feed.stop()), this.sender.stop(), this.#upkeep?.stop()]);
  }
}
