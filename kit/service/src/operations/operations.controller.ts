/** What administrators ask a service about itself, and what they do with events that its feeds have parked. */
import { listParkedOf, MOST_PARKED_SHOWN, readServiceReportOf, retryParkedOf, skipParkedOf, type ParkedEvent, type ServiceReport, type StoringService } from '@citrus/contracts';
import { NotFound, type Clock } from '@citrus/kit-domain';
import type { Feed } from '@citrus/kit-event-store';
import { OnRequest, type Logger, type RequestContext } from '@citrus/kit-messaging';
import type { NatsConnection } from '@nats-io/transport-node';
import { Controller, Inject, type Type } from '@nestjs/common';
import type { Pool } from 'pg';
import type { Registry } from 'prom-client';
import type { DatabaseConfig } from '../config.ts';
import { feedsOf } from '../log-readers.ts';
import type { Readiness } from '../readiness.ts';
import { CLOCK, CONFIG, LOGGER, NATS, POOL, READINESS, REGISTRY } from '../tokens.ts';
import { reportOf } from './report.ts';

const parkedOf = async (consumer: string, feed: Feed): Promise<ParkedEvent[]> =>
  (await feed.listParked(MOST_PARKED_SHOWN)).map(({ position, event, reason, parkedAt }) => ({ consumer, position, source: feed.source, stream: event.stream, type: event.type, at: event.at, parkedAt: parkedAt.toISOString(), reason }));

export const operationsControllerOf = (service: StoringService): Type => {
  @Controller()
  class OperationsController {
    // oxlint-disable-next-line max-params -- Nest gives a class its dependencies one by one
    constructor(
      @Inject(POOL) private readonly pool: Pool,
      @Inject(NATS) private readonly nats: NatsConnection,
      @Inject(REGISTRY) private readonly registry: Registry,
      @Inject(READINESS) private readonly readiness: Readiness,
      @Inject(CLOCK) private readonly clock: Clock,
      @Inject(CONFIG) private readonly config: DatabaseConfig,
      @Inject(LOGGER) private readonly logger: Logger,
    ) {}

    @OnRequest(readServiceReportOf(service))
    report(): Promise<ServiceReport> {
      const { pool, nats, registry, readiness, clock } = this;
      return reportOf({ service, pool, nats, registry, readiness, clock, credsFile: this.config.CITRUS_NATS_CREDS_FILE });
    }

    @OnRequest(listParkedOf(service))
    async parked(): Promise<{ items: ParkedEvent[] }> {
      const lists = await Promise.all([...feedsOf(this.registry)].map(([consumer, feed]) => parkedOf(consumer, feed)));
      return { items: lists.flat().slice(0, MOST_PARKED_SHOWN) };
    }

    @OnRequest(retryParkedOf(service))
    async retry({ consumer }: { consumer: string }): Promise<{ left: number }> {
      return { left: await this.#feed(consumer).retryParked() };
    }

    @OnRequest(skipParkedOf(service))
    async skip({ consumer, position, reason }: { consumer: string; position: number; reason: string }, { caller }: RequestContext): Promise<{ left: number }> {
      const feed = this.#feed(consumer);
      const by = caller?.userId ?? 'nobody';
      if (!(await feed.skipParked({ position, reason, by }))) throw new NotFound('parked_event.not_found', `Nothing of ${consumer} is parked at ${position}: it was handled or skipped by now.`);
      this.logger.warn({ event: 'feed.skipped', consumer, position, by, reason }, 'somebody had a feed do without an event');
      return { left: await feed.retryParked() };
    }

    #feed(consumer: string): Feed {
      const feed = feedsOf(this.registry).get(consumer);
      if (!feed) throw new NotFound('feed.not_found', `${service} has no feed ${consumer}.`);
      return feed;
    }
  }
  return OperationsController;
};
