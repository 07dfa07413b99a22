import * as fc from 'fast-check';
import { describe, expect } from 'vitest';
import { openDatabase } from '../database/database.ts';
import { LINKS, linkPage } from '../links/links.store.ts';
import { context, PROJECT, test, type TestLog } from '../log.fixture.ts';
import { createCheckpoint } from '../projection/checkpoint.store.ts';
import { asSuperuser, withHeadAt } from '../superuser.fixture.ts';
import { newId, uuidFrom } from '../uuid.ts';
import { positionBefore } from './position-at.store.ts';

const HOURS = ['2026-01-01T00:00:00.000Z', '2026-01-01T01:00:00.000Z', '2026-01-01T02:00:00.000Z', '2026-01-01T03:00:00.000Z'] as const;

/** Two events an hour: positions 1 and 2 at midnight, 3 and 4 at one o'clock … */
const fillHours = async ({ store }: TestLog, superuserUrl: string): Promise<void> => {
  for (const hour of HOURS) {
    for (const stream of ['server-1', 'job-1']) await store.append({ stream, expected: 'any', events: [{ type: stream === 'job-1' ? 'JobQueued' : 'ServerRequested', data: { hour } }], context: context({ projectId: PROJECT }) });
    await asSuperuser(superuserUrl, `update events set recorded_at = '${hour}' where recorded_at > '2026-11-01'`);
  }
};

describe('reading a log', () => {
  test('by time gives what happened from one instant on and before another one', async ({ log, database }) => {
    await fillHours(log, database.superuserUrl);
    const read = async (how: object) => (await log.store.read({ after: 0, limit: 100, ...how })).events.map(({ position }) => position);
    expect(await read({ from: HOURS[1] })).toEqual([3, 4, 5, 6, 7, 8]);
    expect(await read({ until: HOURS[1] })).toEqual([1, 2]);
    expect(await read({ from: HOURS[1], until: HOURS[3], after: 3 })).toEqual([4, 5, 6]);
    expect(await read({ from: '2027-01-01T00:00:00Z' })).toEqual([]);
    expect(await read({ until: '2025-01-01T00:00:00Z' })).toEqual([]);
  });

  test('by kind of aggregate, and by kind and type together', async ({ log, database }) => {
    await fillHours(log, database.superuserUrl);
    const read = async (how: object) => (await log.store.read({ after: 0, limit: 100, ...how })).events.map(({ position }) => position);
    expect(await read({ category: 'server' })).toEqual([1, 3, 5, 7]);
    expect(await read({ category: 'serve' })).toEqual([]);
    expect(await read({ category: 'job', types: ['JobQueued'], limit: 2 })).toEqual([2, 4]);
    expect(await read({ category: 'job', types: ['ServerRequested'] })).toEqual([]);
  });

  test('for people by several kinds, by who did it, and by words as they stand', async ({ log }) => {
    const append = (stream: string, name: string, id: string) =>
      log.store.append({ stream, expected: 'any', events: [{ type: 'ServerRequested', data: { spec: { name } } }], context: context({ projectId: PROJECT, actor: { kind: 'user', id } }) });
    await append('server-1', 'Web-1', 'ann');
    await append('order-2', '100%_sure', 'eve');
    await append('job-3', 'web-2', 'ann');
    const read = async (how: object) => (await log.store.history({ limit: 100, direction: 'forward', projectIds: [PROJECT], ...how })).events.map(({ position }) => position);
    expect(await read({ categories: ['server', 'order'] })).toEqual([1, 2]);
    expect(await read({ actor: 'ann' })).toEqual([1, 3]);
    expect(await read({ words: ['web'] })).toEqual([1, 3]);
    expect(await read({ words: ['WEB', 'requested', 'job-'] })).toEqual([3]);
    expect(await read({ words: ['web', 'failed'] })).toEqual([]);
    // Neither of these is a pattern, and a quotation mark ends nothing.
    expect(await read({ words: ['100%_'] })).toEqual([2]);
    for (const word of ['%', 'w_b', `') or true --`]) expect(await read({ words: [word] })).toEqual(word === '%' ? [2] : []);
    expect(await read({ words: ['web'], projectIds: [newId()] })).toEqual([]);
  });

  test('finds the position of any instant as a look at all of them does', async ({ log, database }) => {
    await fillHours(log, database.superuserUrl);
    const all = (await log.store.read({ after: 0, limit: 100 })).events;
    const halves = fc.integer({ min: -1, max: 8 }).map((half) => new Date(Date.parse(HOURS[0]) + half * 1_800_000).toISOString());
    await fc.assert(
      fc.asyncProperty(halves, async (instant) => {
        expect(await log.store.positionAt(instant)).toBe(all.filter(({ at }) => at <= instant).length);
        expect(await positionBefore(log.pool, instant)).toBe(all.filter(({ at }) => at < instant).length);
      }),
      { numRuns: 20 },
    );
  });

  test('by id finds an event of any uuid, also one that is not linked yet', async ({ log }) => {
    const [named, made] = [uuidFrom('test', 'event'), newId()];
    const append = (id: string) => log.store.append({ stream: 'server-1', expected: 'any', events: [{ type: 'ServerRequested', data: {}, id }], context: context({ projectId: PROJECT }) });
    await append(named);
    await createCheckpoint(openDatabase(log.pool), LINKS);
    await linkPage(openDatabase(log.pool), 10);
    await append(made);
    for (const [id, position] of [[named, 1], [made, 2]] as const) {
      expect((await log.store.read({ after: 0, limit: 10, id })).events.map((event) => event.position)).toEqual([position]);
      expect((await log.store.history({ limit: 10, direction: 'backward', id, projectIds: [PROJECT] })).events.map((event) => event.id)).toEqual([id]);
      expect((await log.store.history({ limit: 10, direction: 'backward', id, projectIds: [newId()] })).events).toEqual([]);
    }
    expect((await log.store.read({ after: 0, limit: 10, id: newId() })).events).toEqual([]);
    expect(await log.store.readAt(2)).toMatchObject({ id: made, position: 2 });
    expect(await log.store.readAt(3)).toBeUndefined();
  });

  test('works across the border of two partitions', async ({ log, database }) => {
    await withHeadAt(database.superuserUrl, 9_999_998);
    await log.store.append({ stream: 'server-1', expected: 'any', events: Array.from({ length: 4 }, () => ({ type: 'ServerRequested', data: {} })), context: context() });
    expect((await log.store.read({ after: 9_999_998, limit: 10, category: 'server', until: '2100-01-01T00:00:00Z' })).events.map(({ position }) => position)).toEqual([9_999_999, 10_000_000, 10_000_001, 10_000_002]);
    expect(await log.store.positionAt('2100-01-01T00:00:00Z')).toBe(10_000_002);
  });

  test('for people takes a time, a kind and a direction together', async ({ log, database }) => {
    await fillHours(log, database.superuserUrl);
    const { events } = await log.store.history({ limit: 1000, direction: 'backward', category: 'job', from: HOURS[1], until: HOURS[3], projectIds: [PROJECT] });
    expect(events.map(({ position }) => position)).toEqual([6, 4]);
  });
});
