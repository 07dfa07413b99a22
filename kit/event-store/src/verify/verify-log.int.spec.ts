import { describe, expect } from 'vitest';
import { asSuperuser, withHeadAt } from '../superuser.fixture.ts';
import { added, context } from '../log.fixture.ts';
import { attacks, bookOf, columnAttacks, EVENTS, fill, KEY, rewrites, swapped, test, truncated, verifyAll } from './verify.fixture.ts';
import { verifyLog } from './verify-log.ts';

/** The first and the last event, and both sides of the borders of chunks (7, 14, 42) and of seals (10, 20, 40). */
const PLACES = [1, 7, 8, 10, 11, 14, 20, 21, 40, 41, EVENTS] as const;
/** Enough of them for every further way. */
const SOME = [7, 11, EVENTS] as const;
const first = (problems: readonly { position: number; kind: string }[]) => problems[0] && { position: problems[0].position, kind: problems[0].kind };

describe('a log that nobody touched', () => {
  test('has no problem, however it is cut, and ends with the hash of its head', async ({ sealed: { log, seals } }) => {
    const { rows } = await log.pool.query<{ hash: Buffer }>('select hash from log_head');
    for (const limit of [1, 7, 10, 47, 1000]) {
      const { problems, last } = await verifyAll({ pool: log.pool, book: bookOf(seals), limit });
      expect(problems).toEqual([]);
      expect(last).toMatchObject({ position: EVENTS, head: EVENTS, hash: rows[0]?.hash.toString('hex'), seals: { lastSigned: 40, publicKeys: KEY.publicKeys } });
    }
  });

  test('has none while it grows, when it is empty, and across partitions', async ({ log, database }) => {
    const empty = await verifyAll({ pool: log.pool, book: bookOf([]) });
    expect(empty.problems).toEqual([]);
    await withHeadAt(database.superuserUrl, 9_999_995);
    await fill(log, 10);
    const { problems, position } = await verifyLog({ pool: log.pool, after: 9_999_995, limit: 100, hash: '0'.repeat(64), book: bookOf([]), publicKeys: {} });
    expect({ problems, position }).toEqual({ problems: [], position: 10_000_005 });
    const growing = Promise.all(Array.from({ length: 40 }, () => log.store.append({ stream: 'account-1', expected: 'any', events: [added(1)], context: context() })));
    for (let round = 0; round < 5; round += 1) expect((await verifyLog({ pool: log.pool, after: 9_999_995, limit: 100, hash: '0'.repeat(64), book: bookOf([]), publicKeys: {} })).problems).toEqual([]);
    await growing;
  });
});

describe('an event, by a superuser with triggers off,', () => {
  test.for(Object.entries(attacks))('T901. with %s is found at its position and as the only one', async ([name, attack], { sealed }) => {
    for (const at of name === 'its payload edited' ? PLACES : SOME) {
      const problems = await sealed.attack(...attack(at));
      expect(first(problems)).toEqual({ position: at, kind: 'changed' });
      expect(problems.filter(({ kind }) => kind === 'changed').length).toBe(1);
    }
  });

  test.for(Object.entries(columnAttacks))('with %s is found although its chain is whole', async ([name, attack], { sealed }) => {
    for (const at of SOME) {
      const problems = await sealed.attack(...attack(at));
      expect(problems.map(({ position }) => position), name).toContain(at);
      expect(problems[0]?.position).toBe(at);
    }
  });

  test('T901. taken out is found where it was, and so are several', async ({ sealed }) => {
    for (const at of PLACES) expect(first(await sealed.attack(`delete from events where position = ${at}`))).toEqual({ position: at, kind: 'missing' });
    expect(first(await sealed.attack('delete from events where position between 6 and 25'))).toEqual({ position: 6, kind: 'missing' });
  });

  test('swapped with another one is found at the earlier place', async ({ sealed }) => {
    for (const [a, b] of [[1, 2], [7, 8], [10, 11], [9, 35]] as const) expect(first(await sealed.attack(...swapped(a, b)))).toEqual({ position: a, kind: 'changed' });
  });

  test('put in behind the head or before the beginning is found there', async ({ sealed }) => {
    const insert = (position: number) => `insert into events select ${position}, stream_id, version + 100, gen_random_uuid(), type, schema_version, data, meta, project_id, about, recorded_at, hash from events where position = 5`;
    expect(await sealed.attack(insert(EVENTS + 1))).toContainEqual({ position: EVENTS + 1, kind: 'inserted', message: `events stand behind the head, up to position ${EVENTS + 1}` });
    expect(first(await sealed.attack(insert(0)))).toEqual({ position: 0, kind: 'inserted' });
  });
});

describe('a log that was rewritten with a chain that is whole', () => {
  test.for(Object.entries(rewrites))('T902. (%s) is found at the first event that is another one', async ([, rewrite], { sealed }) => {
    for (const at of [1, 7, 10, 21, 40]) expect(first(await sealed.attack(...rewrite(at))), String(at)).toEqual({ position: at, kind: 'rewritten' });
  });

  test('is found at its stretch where no marks are left', async ({ sealed, database }) => {
    await asSuperuser(database.superuserUrl, ...rewrites['its payload edited'](17));
    const { problems } = await verifyAll({ pool: sealed.log.pool, book: bookOf(sealed.seals) });
    expect(problems[0]).toEqual({ position: 11, kind: 'rewritten', message: 'the log was rewritten somewhere from position 11 to 20: its chain is whole, but it is not what was signed' });
  });

  test('T902. or cut off below the last signed root is found where it ends', async ({ sealed }) => {
    for (const at of [3, 10, 14, 39]) expect(await sealed.attack(...truncated(at))).toContainEqual({ position: at + 1, kind: 'missing', message: `the log was signed up to position 40, but ends at ${at}` });
  });

  test('T905. behind the last signed root is what no chain can tell; the next seal ends it', async ({ sealed }) => {
    expect(await sealed.attack(...rewrites['its payload edited'](41))).toEqual([]);
  });
});

describe('what stands beside the log', () => {
  test('is found when it does not agree: the head, and the table of streams', async ({ sealed }) => {
    expect(first(await sealed.attack(`update log_head set hash = sha256('x')`))).toEqual({ position: EVENTS, kind: 'inconsistent' });
    expect(first(await sealed.attack(`update log_head set position = ${EVENTS - 3}`))?.position).toBe(EVENTS - 3);
    expect(first(await sealed.attack(`update streams set version = version - 1 where stream_id = 'account-1'`))?.kind).toBe('inconsistent');
    expect(first(await sealed.attack(`update streams set last_position = 5, version = 1 where stream_id = 'account-2'`))?.kind).toBe('inconsistent');
    expect(first(await sealed.attack(`insert into streams (stream_id, version, last_position) values ('account-99', 3, 5)`))).toEqual({ position: 5, kind: 'inconsistent' });
    expect(first(await sealed.attack(`delete from streams where stream_id = 'account-3'`))?.kind).toBe('inconsistent');
  });
});
