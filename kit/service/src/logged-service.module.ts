/**
 * Everything that a service with a log of its own needs, wired in one call: database, event store, wake-up, relay to
 * JetStream, projections, seals, and the requests that read and prove the log.
 */
import { remakeEventsStreamOf, type EventCatalogue, type LoggedService } from '@citrus/contracts';
import { openEventStore, startProjections, startRelay, startWakeUp, versionsOf, type EventStore, type AnyProjection, type Projections, type Relay, type Sealer, type WakeUp } from '@citrus/kit-event-store';
import type { Logger, Requests } from '@citrus/kit-messaging';
import type { NatsConnection } from '@nats-io/transport-node';
import { Inject, Module, type BeforeApplicationShutdown, type DynamicModule, type Provider } from '@nestjs/common';
import type { Kysely } from 'kysely';
import type { Pool } from 'pg';
import { Counter, type Registry } from 'prom-client';
import type { DatabaseConfig } from './config.ts';
import { databaseCheck, DatabaseModule } from './database.module.ts';
import { HistoryModule } from './history/history.module.ts';
import type { ReadModel } from './history/read-model.ts';
import { logControllerOf } from './log.controller.ts';
import { observeLog } from './log-readers.ts';
import { operationsControllerOf } from './operations/operations.controller.ts';
import { projectionsControllerOf } from './projections.controller.ts';
import type { Shown } from './core.module.ts';
import type { Readiness } from './readiness.ts';
import { observeSeals, sealingProvidersOf } from './sealing.ts';
import { CONFIG, DATABASE, EVENT_STORE, LOGGED_SERVICE, LOGGER, NATS, POOL, PROJECTIONS, READINESS, REGISTRY, RELAY, REQUESTS, SEALER, SHOWN, WAKE_UP } from './tokens.ts';

export type LoggedServiceOptions<Database> = {
  readonly service: LoggedService;
  readonly projections: readonly AnyProjection<Database>[];
  /** Every event that the service writes or has ever written. Without it all events have version 1. */
  readonly events?: EventCatalogue;
  /** What people may see as it was at any instant. */
  readonly readModels?: readonly ReadModel[];
};

/** A misspelt type would wait for an event that never comes. */
const checkHandled = <Database>({ projections, events }: LoggedServiceOptions<Database>): void => {
  if (!events) return;
  for (const { name, handles } of projections) {
    const unknown = handles === 'all' ? undefined : handles.find((type) => !Object.hasOwn(events, type));
    if (unknown !== undefined) throw new Error(`the projection ${name} handles ${unknown}, which is not in the catalogue of the service's events`);
  }
};

const countOldShapes = (registry: Registry) => {
  const counter = new Counter({ name: 'citrus_events_upcast_total', help: 'Events that were read in an older shape than the current one', labelNames: ['type', 'from'], registers: [registry] });
  return ({ type, version }: { type: string; version: number }) => counter.inc({ type, from: version });
};

/* oxlint-disable max-params -- Nest gives factories their dependencies one by one */
const providersOf = <Database>({ service, projections, events }: LoggedServiceOptions<Database>): Provider[] => [
  {
    provide: EVENT_STORE,
    inject: [POOL, CONFIG, READINESS, REGISTRY, LOGGER],
    useFactory: async (pool: Pool, config: DatabaseConfig, readiness: Readiness, registry: Registry, logger: Logger) => {
      const store = openEventStore({ pool, service, versions: events && versionsOf(events), onUpcast: countOldShapes(registry), logger });
      await readiness.until('database', databaseCheck(config.CITRUS_DATABASE_URL, () => store.head()));
      return store;
    },
  },
  { provide: WAKE_UP, inject: [CONFIG, LOGGER], useFactory: (config: DatabaseConfig, logger: Logger) => startWakeUp({ databaseUrl: config.CITRUS_DATABASE_URL, logger }) },
  {
    provide: PROJECTIONS,
    inject: [DATABASE, POOL, EVENT_STORE, WAKE_UP, LOGGER],
    useFactory: (db: Kysely<Database>, pool: Pool, store: EventStore, wakeUp: WakeUp, logger: Logger) => startProjections({ db, pool, store, projections, wakeUp, logger }),
  },
  {
    provide: RELAY,
    // The store, because it is ready when the database is.
    inject: [CONFIG, NATS, POOL, WAKE_UP, LOGGER, REQUESTS, EVENT_STORE],
    useFactory: (config: DatabaseConfig, nats: NatsConnection, pool: Pool, wakeUp: WakeUp, logger: Logger, requests: Requests) =>
      startRelay({
        databaseUrl: config.CITRUS_DATABASE_URL, pool, nats, service, wakeUp, logger,
        remake: async (wanted) => void (await requests.call(remakeEventsStreamOf(service), wanted)),
      }),
  },
];
/* oxlint-enable max-params */

/** This release reads columns that the older one's rows may not have; so it is not asked before its own are shown. */
const buildingOf = (projections: Projections): string | undefined => {
  const names = projections.status().filter(({ state }) => state === 'building').map(({ name }) => name);
  return names.length === 0 ? undefined : `the read models of this release are being built: ${names.join(', ')}; it takes over when they are complete`;
};

/** The slowest counts: nobody knows which of them a request reads. */
const shownBy = (projections: Projections): number | undefined => {
  const positions = projections.status().map(({ position }) => position);
  return positions.length === 0 ? undefined : Math.min(...positions);
};

@Module({})
class LoggedServiceModule implements BeforeApplicationShutdown {
  // oxlint-disable-next-line max-params -- what stops with the service, and what is told about it
  constructor(
    @Inject(PROJECTIONS) private readonly projections: Projections,
    @Inject(RELAY) private readonly relay: Relay,
    @Inject(WAKE_UP) private readonly wakeUp: WakeUp,
    @Inject(SEALER) private readonly sealer: Sealer,
    @Inject(EVENT_STORE) store: EventStore,
    @Inject(LOGGED_SERVICE) service: LoggedService,
    @Inject(REGISTRY) registry: Registry,
    @Inject(READINESS) readiness: Readiness,
    @Inject(SHOWN) shown: Shown,
  ) {
    shown.position = () => shownBy(projections);
    observeLog(registry, { service, store, projections, relay });
    observeSeals(registry, sealer);
    readiness.add('read models', () => Promise.resolve(buildingOf(projections)));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.projections.stop(), this.relay.stop(), this.sealer.stop()]);
    await this.wakeUp.stop();
  }
}

/** Global: the service's own modules inject POOL, DATABASE, EVENT_STORE, PROJECTIONS and WAKE_UP without importing it. */
export const loggedServiceModule = <Database>(options: LoggedServiceOptions<Database>): DynamicModule => {
  checkHandled(options);
  return {
    module: LoggedServiceModule,
    global: true,
    imports: [DatabaseModule, HistoryModule.with({ service: options.service, readModels: options.readModels ?? [], versions: options.events ? versionsOf(options.events) : {} })],
    providers: [{ provide: LOGGED_SERVICE, useValue: options.service }, ...providersOf(options), ...sealingProvidersOf(options.service)],
    controllers: [logControllerOf(options.service), projectionsControllerOf(options.service), operationsControllerOf(options.service)],
    exports: [DatabaseModule, EVENT_STORE, WAKE_UP, PROJECTIONS, RELAY],
  };
};
