/** Another service's log as it is outside that service: facts in a database, relayed to JetStream, read by request. */
import { readLogOf, type LoggedService } from '@citrus/contracts';
import { newId, openEventStore, openPool, startRelay } from '@citrus/kit-event-store';
import type { TestDatabase } from '@citrus/kit-testing';
import type { NatsConnection } from '@nats-io/nats-core';

export type TestLog = { say(stream: string, type: string, data: Record<string, unknown>): Promise<void>; stop(): Promise<void> };

export const startTestLog = async (nats: NatsConnection, service: LoggedService, database: TestDatabase): Promise<TestLog> => {
  const pool = openPool({ databaseUrl: database.serviceUrl, max: 3 });
  const store = openEventStore({ pool, service });
  const relay = startRelay({ databaseUrl: database.serviceUrl, pool, nats, service });
  const reading = nats.subscribe(readLogOf(service).subject, {
    callback: (_, message) => void store.read(message.json()).then((page) => message.respond(JSON.stringify(page))),
  });
  return {
    say: async (stream, type, data) => {
      await store.append({ stream, expected: 'any', events: [{ type, data }], context: { commandId: newId(), actor: { kind: 'service', id: service }, correlationId: newId() } });
    },
    stop: async () => {
      reading.unsubscribe();
      await relay.stop();
      await pool.end();
      await database.drop();
    },
  };
};
