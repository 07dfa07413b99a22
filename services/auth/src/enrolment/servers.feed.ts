/** Follows provisioning's log: with a server goes whoever speaks for it. */
import type { EventEnvelope } from '@citrus/contracts';
import { startFeed, type Feed } from '@citrus/kit-event-store';
import type { Logger, Requests } from '@citrus/kit-messaging';
import { CONFIG, DATABASE, LOGGER, NATS, observeFeed, REGISTRY, REQUESTS, type MetricsRegistry } from '@citrus/kit-service';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Kysely } from 'kysely';
import type { AuthConfig } from '../config.ts';
import type { AuthDatabase } from '../database.ts';
import { AGENTS_TRUST } from '../tokens.ts';
import { SERVERS_CONSUMER, type AgentsTrust } from './agent-trust.ts';

@Injectable()
export class ServersFeed implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #feed: Feed | undefined;

  // oxlint-disable-next-line max-params -- Nest gives its dependencies one by one
  constructor(
    @Inject(AGENTS_TRUST) private readonly trust: AgentsTrust,
    @Inject(CONFIG) private readonly config: AuthConfig,
    @Inject(DATABASE) private readonly db: Kysely<AuthDatabase>,
    @Inject(NATS) private readonly nats: NatsConnection,
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(REGISTRY) private readonly registry: MetricsRegistry,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const { config, db, nats, requests, logger } = this;
    const handle = (event: EventEnvelope) => this.trust.followServer(event);
    this.#feed = observeFeed(this.registry, SERVERS_CONSUMER, startFeed({ databaseUrl: config.CITRUS_DATABASE_URL, db, nats, requests, source: 'provisioning', consumer: SERVERS_CONSUMER, handle, logger }));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#feed?.stop();
  }
}
