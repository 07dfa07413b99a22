/** Two releases on one log: the older one knows version 1 of an event, the younger one writes version 2. */
import { type EventEnvelope, readLogOf } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import { eventually } from '@citrus/kit-testing';
import { jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { describe, expect } from 'vitest';
import { startWakeUp } from '../database/wake-up.ts';
import type { EventStore } from '../event-store.port.ts';
import { openEventStore } from '../event-store.ts';
import { startFeed, type Feed, type LogReader } from '../feed/feed.ts';
import { context, test as base, type ReadModels } from '../log.fixture.ts';
import { defineFold } from '../projection/row-fold.ts';
import { startProjections, type Projections } from '../projection/run-projections.ts';
import { NewerEvent, type EventVersions } from './event-versions.ts';

const OLDER: EventVersions = { Paid: { current: 1, upcasts: {} }, Closed: { current: 1, upcasts: {} } };
const YOUNGER: EventVersions = { ...OLDER, Paid: { current: 2, upcasts: { 1: ({ euros }) => ({ cents: Number(euros) * 100 }) } }, Reopened: { current: 1, upcasts: {} } };

const totals = (unit: 'euros' | 'cents') => defineFold<ReadModels['totals']>({
  name: 'paid', version: 1, table: 'totals', key: ['stream_id'], handles: ['Paid'],
  keyOf: ({ stream }) => [stream],
  evolve: (row, { stream, position, data }) => ({ stream_id: stream, total: (row?.total ?? 0) + Number(data[unit]) * (unit === 'euros' ? 100 : 1), last_position: position }),
});

type Release = { readonly store: EventStore; projections(): Projections };

const test = base
  .extend('releases', async ({ log }, { onCleanup }): Promise<{ older: Release; younger: Release }> => {
    const wakeUp = startWakeUp({ databaseUrl: log.databaseUrl });
    const running: Projections[] = [];
    onCleanup(async () => {
      await Promise.all(running.map((projections) => projections.stop()));
      await wakeUp.stop();
    });
    const release = (versions: EventVersions, unit: 'euros' | 'cents'): Release => {
      const store = openEventStore({ pool: log.pool, service: 'provisioning', versions });
      const projections = () => {
        const started = startProjections({ db: log.db, pool: log.pool, store, projections: [totals(unit)], wakeUp });
        running.push(started);
        return { ...started, reached: (position: number, how = { timeoutMs: 30_000 }) => started.reached(position, how) };
      };
      return { store, projections };
    };
    return { older: release(OLDER, 'euros'), younger: release(YOUNGER, 'cents') };
  })
  /** A feed of either release on the same consumer, from the log itself: the stream begins behind it. */
  .extend('feedOf', async ({ log, nats }, { onCleanup }) => {
    const connection = await connect({ servers: nats.url });
    const feeds: Feed[] = [];
    onCleanup(async () => {
      await Promise.all(feeds.map((feed) => feed.stop()));
      await connection.close();
    });
    const requests: LogReader = { call: async (definition, input) => definition.reply.parse(await log.store.read({ ...readLogOf('provisioning').input.parse(input), as: 'stored' })) };
    return async (versions: EventVersions) => {
      const first_seq = (await log.store.head()) + 1;
      await (await jetstreamManager(connection)).streams.add({ name: 'EVENTS_provisioning', subjects: ['evt.provisioning.>'], storage: StorageType.Memory, first_seq });
      const seen: EventEnvelope[] = [];
      const feed = startFeed({
        databaseUrl: log.databaseUrl, db: log.db, nats: connection, requests, source: 'provisioning', consumer: 'test-payments', versions,
        handle: async (event) => void seen.push(event),
      });
      feeds.push(feed);
      return { feed, seen };
    };
  });

const pay = ({ store }: Release, data: Record<string, number>, stream = 'a') => store.append({ stream: `account-${stream}`, expected: 'any', events: [{ type: 'Paid', data }], context: context() });
const seeAll = { limit: 10, direction: 'forward' } as const;

describe('while two releases run', () => {
  test('the younger one reads what the older one wrote', async ({ releases: { older, younger } }) => {
    await pay(older, { euros: 3 });
    const { events } = await younger.store.load('account-a');
    expect(events).toMatchObject([{ type: 'Paid', version: 2, data: { cents: 300 } }]);
    expect(await older.store.read({ after: 0, limit: 10 })).toMatchObject({ events: [{ version: 1, data: { euros: 3 } }] });
  });

  test('a copy of the log keeps every event as it was written', async ({ releases: { older, younger } }) => {
    await pay(older, { euros: 3 });
    await pay(younger, { cents: 250 });
    for (const { store } of [older, younger]) expect(await store.read({ after: 0, limit: 10, as: 'stored' })).toMatchObject({ events: [{ version: 1, data: { euros: 3 } }, { version: 2, data: { cents: 250 } }] });
  });

  test('the older one decides nothing about a stream that it cannot read to its end', async ({ releases: { older, younger } }) => {
    await pay(younger, { cents: 250 });
    await younger.store.append({ stream: 'account-b', expected: 'none', events: [{ type: 'Reopened', data: {} }], context: context() });
    for (const stream of ['account-a', 'account-b']) {
      await expect(older.store.load(stream)).rejects.toBeInstanceOf(NewerEvent);
      await expect(older.store.update(stream, { initialState: 0, evolve: (n) => n + 1 }, () => [], context())).rejects.toBeInstanceOf(Unavailable);
    }
  });

  test('the older one writes its own version and no other', async ({ releases: { older } }) => {
    await expect(older.store.append({ stream: 'account-a', expected: 'any', events: [{ type: 'Paid', version: 2, data: { cents: 1 } }], context: context() })).rejects.toThrow('Paid is written in version 1, not 2');
    await expect(older.store.append({ stream: 'account-a', expected: 'any', events: [{ type: 'Reopened', data: {} }], context: context() })).rejects.toThrow('not in the catalogue');
  });

  test('people see an event as it is stored where their release cannot make it current', async ({ releases: { older, younger }, log }) => {
    await younger.store.append({ stream: 'account-a', expected: 'any', events: [{ type: 'Paid', data: { cents: 250 } }], context: context({ projectId: '0198c0de-0000-7000-8000-000000000001' }) });
    const projectIds = ['0198c0de-0000-7000-8000-000000000001'];
    expect(await older.store.history({ ...seeAll, projectIds })).toMatchObject({ events: [{ version: 2, data: { cents: 250 } }] });
    expect(await log.store.head()).toBe(1);
  });

  test('the older one’s projection waits before what it cannot read and goes on behind it when the younger one has shown it', async ({ releases: { older, younger }, log }) => {
    const waiting = older.projections();
    await pay(older, { euros: 1 });
    await waiting.reached(1);
    const { position } = await pay(younger, { cents: 250 });
    await eventually(() => expect(waiting.status()).toMatchObject([{ state: 'waiting', position: 1, error: expect.stringContaining('waits for its successor') }]));

    const upgraded = younger.projections();
    await upgraded.reached(position);
    await waiting.reached(position);
    await waiting.reached((await pay(older, { euros: 2 }, 'b')).position);
    expect(await log.db.selectFrom('totals').select(['stream_id', 'total']).orderBy('stream_id').execute()).toEqual([{ stream_id: 'account-a', total: 350 }, { stream_id: 'account-b', total: 200 }]);
  });

  test('the older one’s feed waits and parks nothing, and the younger one’s goes on where it stood', async ({ releases: { older, younger }, feedOf }) => {
    await pay(older, { euros: 1 });
    await pay(younger, { cents: 250 });
    await pay(older, { euros: 2 }, 'b');
    const before = await feedOf(OLDER);
    await eventually(() => expect(before.feed.status()).toMatchObject({ position: 1, parked: 0, error: expect.stringContaining('waits for its successor') }));
    await before.feed.stop();

    const after = await feedOf(YOUNGER);
    await eventually(() => expect(after.feed.status()).toMatchObject({ position: 3, parked: 0 }));
    expect([before.seen, after.seen].map((seen) => seen.map(({ version, data }) => [version, data]))).toEqual([[[1, { euros: 1 }]], [[2, { cents: 250 }], [2, { cents: 200 }]]]);
  });
});
