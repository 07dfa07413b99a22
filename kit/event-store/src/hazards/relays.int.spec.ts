import { eventually } from '@citrus/kit-testing';
import { jetstreamManager, type StreamInfo } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { describe, expect } from 'vitest';
import { auditCopy, auditLog } from './audit.ts';
import { moreEvents, neighbour, startWriters, test as base } from './hazard.fixture.ts';
import type { HazardLog } from './hazard-log.ts';

const STREAM = 'EVENTS_provisioning';

const test = base.extend('connection', async ({ nats }, { onCleanup }): Promise<NatsConnection> => {
  const connection = await connect({ servers: nats.url });
  const { streams } = await jetstreamManager(connection);
  for await (const name of streams.names()) await streams.delete(name);
  onCleanup(() => connection.close());
  return connection;
});

const isCopying = async (nats: NatsConnection): Promise<StreamInfo> => {
  const info = await (await jetstreamManager(nats)).streams.info(STREAM);
  if (info.state.last_seq === 0) throw new Error('nothing is copied yet');
  return info;
};

const isCopied = async ({ store }: HazardLog, nats: NatsConnection): Promise<boolean> => (await (await jetstreamManager(nats)).streams.info(STREAM)).state.last_seq >= (await store.head());

describe('relays', () => {
  test('killed at random leave a copy that is complete and in order', async ({ log, nats, connection, chance, children }) => {
    const start = () => children.start({ role: 'relay', databaseUrl: log.databaseUrl, natsUrl: nats.url });
    const relays = [start(), start()];
    const writers = startWriters(log.store, chance, 4);
    for (let n = 0; n < 6; n += 1) {
      await moreEvents(log, 20 + chance.below(200));
      const victim = chance.below(relays.length);
      await relays[victim]?.kill();
      relays[victim] = start();
    }
    const outcomes = await writers.end();
    await eventually(() => isCopied(log, connection), { timeoutMs: 20_000 });
    expect(await auditCopy(log.pool, connection)).toEqual([]);
    expect(await auditLog(log.pool, outcomes)).toEqual([]);
  });

  // A lock says who leads, and a leader that has lost its lock may not know it yet: JetStream alone decides.
  for (const batches of [true, false]) {
    test(`that both lead, ${batches ? 'in atomic batches' : 'as older servers need it'}, copy each event once`, async ({ log, nats, connection, chance, children }) => {
      const elsewhere = await neighbour();
      let met = 0;
      const start = (own?: { lockUrl: string }) => children.start({ role: 'relay', databaseUrl: log.databaseUrl, natsUrl: nats.url, batches, ...own }, () => void (met += 1));
      const relays = [start(), start({ lockUrl: elsewhere.serviceUrl })];
      const writers = startWriters(log.store, chance, 4);
      const created = await eventually(async () => (await isCopying(connection)).created);
      // Else nothing would have been tried.
      met = 0;
      await eventually(() => met > 0);
      await moreEvents(log, 800);
      await relays[0]?.kill();
      await moreEvents(log, 200);
      relays[0] = start();
      await moreEvents(log, 300);
      await writers.end();
      await eventually(() => isCopied(log, connection), { timeoutMs: 20_000 });
      expect(await auditCopy(log.pool, connection)).toEqual([]);
      // A copy with an event too many would have been thrown away and made anew, with everybody who reads it.
      expect((await isCopying(connection)).created).toBe(created);
      await Promise.all(relays.map((relay) => relay.kill()));
    });
  }
});
