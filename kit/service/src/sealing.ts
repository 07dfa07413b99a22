/** The seals of a service's log: who makes them, who proves the log with them, and how far behind they are. */
import type { LoggedService, LogVerification, LogVerify } from '@citrus/contracts';
import { openSealPlaces, readSealKeys, startSealer, verifyLog, type EventStore, type Sealer } from '@citrus/kit-event-store';
import type { Logger } from '@citrus/kit-messaging';
import type { Provider } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Pool } from 'pg';
import { Gauge, type Registry } from 'prom-client';
import type { LoggedServiceConfig } from './config.ts';
import { CONFIG, EVENT_STORE, LOGGER, NATS, POOL, SEALER, VERIFIER } from './tokens.ts';

export type LogVerifier = { verify(asked: LogVerify): Promise<LogVerification> };

type Places = Parameters<typeof openSealPlaces>[0];

/** One stretch at a time: it takes a processor for about a second, and people who ask at the same time take turns. */
const createVerifier = (options: Places): LogVerifier => {
  const places = openSealPlaces(options);
  let turn: Promise<unknown> = Promise.resolve();
  const verifyStretch = async ({ after, limit, hash }: LogVerify): Promise<LogVerification> =>
    verifyLog({ pool: options.pool, after, limit, hash, book: await places.gather(), publicKeys: options.keys.publicKeys, firstUnlike: (from, hashes) => places.file.firstUnlike(from, hashes) });
  return {
    verify: (asked) => {
      const mine = turn.then(() => verifyStretch(asked));
      turn = mine.catch(() => undefined);
      return mine;
    },
  };
};

export const observeSeals = (registry: Registry, sealer: Sealer) =>
  new Gauge({
    name: 'citrus_log_sealed_position',
    help: 'The last position of the log that a signed root covers; 0 in a replica that does not seal',
    registers: [registry],
    collect() {
      this.set(sealer.status().position);
    },
  });

/* oxlint-disable max-params -- Nest gives factories their dependencies one by one */
export const sealingProvidersOf = (service: LoggedService): Provider[] => {
  const placesOf = (config: LoggedServiceConfig, pool: Pool, nats: NatsConnection): Places => ({ pool, service, nats, keys: readSealKeys(config.CITRUS_SEAL_KEY_FILE), dir: config.CITRUS_SEALS_DIR });
  return [
    {
      provide: SEALER,
      // The store, because it is there when the database is.
      inject: [CONFIG, POOL, NATS, LOGGER, EVENT_STORE],
      useFactory: (config: LoggedServiceConfig, pool: Pool, nats: NatsConnection, logger: Logger, _store: EventStore): Sealer =>
        startSealer({ ...placesOf(config, pool, nats), databaseUrl: config.CITRUS_DATABASE_URL, everyEvents: config.CITRUS_SEAL_EVERY_EVENTS, everyMs: config.CITRUS_SEAL_EVERY_MS, logger }),
    },
    { provide: VERIFIER, inject: [CONFIG, POOL, NATS], useFactory: (config: LoggedServiceConfig, pool: Pool, nats: NatsConnection) => createVerifier(placesOf(config, pool, nats)) },
  ];
};
/* oxlint-enable max-params */
