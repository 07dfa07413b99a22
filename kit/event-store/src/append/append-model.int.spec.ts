import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import type { Pool } from 'pg';
import { describe, expect } from 'vitest';
import { context, openLog, test } from '../log.fixture.ts';
import { newId, uuidFrom } from '../uuid.ts';
import { createUpcaster } from '../version/event-versions.ts';
import { appendMany, type Verdict } from './append-many.store.ts';
import { createModel } from './append-model.fixture.ts';
import { encodeAppend, type EncodedAppend } from './append-request.ts';

const STREAMS = 5;
const request = fc.record({
  stream: fc.integer({ min: 1, max: STREAMS }),
  expected: fc.oneof(fc.constantFrom('any' as const, 'none' as const, 'exists' as const), fc.integer({ min: 0, max: 6 })),
  events: fc.integer({ min: 1, max: 3 }),
  archives: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});
/** A set has one command; commands come again, in the same group and in others. A stream stands once in a group. */
const set = fc.record({ command: fc.integer({ min: 1, max: 12 }), requests: fc.uniqueArray(request, { selector: ({ stream }) => stream, minLength: 1, maxLength: 3 }) });
const group = fc.array(set, { minLength: 1, maxLength: 5 });

type Group = readonly { readonly command: number; readonly requests: readonly { stream: number; expected: number | 'any' | 'none' | 'exists'; events: number; archives: boolean }[] }[];

const encoded = (groups: readonly Group[]): EncodedAppend[][][] =>
  groups.map((sets) => {
    const seen = new Set<number>();
    const once = sets.map(({ command, requests }) => ({ command, requests: requests.filter(({ stream }) => !seen.has(stream) && seen.add(stream)) })).filter(({ requests }) => requests.length > 0);
    return once.map(({ command, requests }) =>
      requests.map(({ stream, expected, events, archives }) =>
        encodeAppend(
          { stream: `account-${stream}`, expected, archives, events: Array.from({ length: events }, (_, n) => ({ type: 'Added', data: { text: `ü "${n}" \\ \u0000 ${command}`, ...(n > 0 && { serverId: 's-1' }) } })) },
          context({ commandId: uuidFrom('command', String(command)) }), createUpcaster(),
        )));
  });

const promised = ({ verdict, ...result }: Pick<Verdict, 'verdict'>) => (verdict === 'ok' || verdict === 'duplicate' ? { verdict, ...result } : { verdict });

const chainOf = async (pool: Pool): Promise<{ computed: Buffer; stored: Buffer }> => {
  const { rows } = await pool.query('select *, data::text as data_text, meta::text as meta_text from events order by position');
  let computed = Buffer.alloc(32);
  for (const row of rows) {
    const bytes = [row.position, row.event_id, row.stream_id, row.version, row.type, row.schema_version, row.recorded_at.toISOString(), Buffer.byteLength(row.meta_text), row.meta_text, row.data_text].join('\n');
    computed = createHash('sha256').update(computed).update(bytes).digest();
    expect(row.hash).toEqual(computed);
  }
  return { computed, stored: (await pool.query<{ hash: Buffer }>('select hash from log_head')).rows[0]?.hash ?? Buffer.alloc(0) };
};

const emptied = async (owner: Pool): Promise<void> => {
  await owner.query(`set session_replication_role = 'replica'; truncate events, streams, commands; update log_head set position = 0, hash = decode(repeat('00', 32), 'hex'); set session_replication_role = 'origin'`);
};

describe('any groups of appends', () => {
  test('are answered and written as the model says', async ({ log: { pool }, database }) => {
    const { pool: superuser } = openLog(database.superuserUrl);
    await fc.assert(fc.asyncProperty(fc.array(group, { minLength: 1, maxLength: 8 }), async (groups) => {
      await emptied(superuser);
      const model = createModel();
      const append = appendMany(pool);
      for (const sets of encoded(groups)) {
        const expected = sets.map((requests) => model.append(requests).map(promised));
        expect((await append(sets)).map((verdicts) => verdicts.map(promised))).toEqual(expected);
      }
      const { rows: events } = await pool.query('select position, stream_id as stream, version, event_id as id from events order by position');
      expect(events).toEqual(model.events);
      const { rows: streams } = await pool.query<{ stream_id: string; version: number; archived: boolean; last_position: number }>('select * from streams order by stream_id');
      expect(streams.map(({ stream_id, version, archived }) => [stream_id, { version, isArchived: archived }])).toEqual([...model.streams].toSorted(([a], [b]) => a.localeCompare(b)));
      for (const { stream_id, last_position } of streams) expect(last_position).toBe(model.events.findLast(({ stream }) => stream === stream_id)?.position);
      const { computed, stored } = await chainOf(pool);
      expect(stored).toEqual(computed);
    }), { numRuns: 60 });
    await superuser.end();
  });
});

describe('a call of the functions themselves', () => {
  const CALL = 'select * from append_many($1::int[], $2::text[], $3::bigint[], $4::boolean[], $5::uuid[], $6::text[], $7::uuid[], $8::int[], $9::uuid[], $10::text[], $11::int[], $12::text[], $13::text[])';
  const call = (pool: Pool, { streams, type = 'Added', data = '{}', counts = streams.map(() => 1) }: { streams: string[]; type?: string; data?: string; counts?: number[] }) => {
    const each = <T>(value: T) => streams.map(() => value);
    return pool.query(CALL, [streams.map((_, n) => n), streams, each(-1), each(false), streams.map(() => newId()), each('{}'), each(null), counts, streams.map(() => newId()), each(type), each(1), each(data), each(null)]);
  };

  test('is refused when it would break what the log promises', async ({ log: { pool, store } }) => {
    await expect(call(pool, { streams: ['account-1', 'account-1'] })).rejects.toThrow(/stands twice/);
    await expect(call(pool, { streams: ['account-1', 'account-2'], counts: [2, 0] })).rejects.toThrow(/without events/);
    await expect(call(pool, { streams: ['account-1'], counts: [2] })).rejects.toThrow(/without events/);
    await expect(call(pool, { streams: ['account'] })).rejects.toThrow(/stream is named/);
    for (const type of ['', 'a.b', 'x'.repeat(129)]) await expect(call(pool, { streams: ['account-1'], type }), type).rejects.toThrow(/one token/);
    await expect(call(pool, { streams: ['account-1'], data: JSON.stringify('x'.repeat(262_144)) })).rejects.toThrow(/at most 262144 bytes/);
    await expect(call(pool, { streams: ['account-1'], data: '{' })).rejects.toThrow(/json/);
    const one = (stream: string, type: string, data: string) => pool.query('select * from append_one($1, -1, false, $2, $3, null, $4, $5, 1, $6, null)', [stream, newId(), '{}', newId(), type, data]);
    await expect(one('account', 'Added', '{}')).rejects.toThrow(/stream is named/);
    await expect(one('account-1', 'a.b', '{}')).rejects.toThrow(/one token/);
    await expect(one('account-1', 'Added', JSON.stringify('x'.repeat(262_144)))).rejects.toThrow(/at most 262144 bytes/);
    expect(await store.head()).toBe(0);
  });

  test('as the release before made it still works, for as long as that runs', async ({ log: { pool, store } }) => {
    const before = (stream: string[], expected: number[], commands: string[]) =>
      pool.query('select out_verdict as verdict, out_version as version, out_position as position from public.append_many($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)',
        [stream.map((_, n) => n), stream, expected, commands, stream.map(() => '{}'), stream.map(() => null), [1, 1, ...stream.slice(1).map((_, n) => n + 2)],
          ['', ...stream].map(() => newId()), ['', ...stream].map(() => 'Added'), ['', ...stream].map(() => 1), ['', ...stream].map(() => '{"text":"\\u0000"}'), ['', ...stream].map(() => null)]).then(({ rows }) => rows);
    const [first, second] = [newId(), newId()];
    expect(await before(['account-1', 'account-2'], [0, 0], [first, second])).toEqual([{ verdict: 'ok', version: 2, position: 2 }, { verdict: 'ok', version: 1, position: 3 }]);
    expect(await before(['account-1', 'account-2', 'account-3'], [9, 0, 1], [newId(), second, newId()])).toMatchObject([{ verdict: 'wrong-version' }, { verdict: 'duplicate', version: 1, position: 3 }, { verdict: 'wrong-version' }]);
    await store.append({ stream: 'account-2', expected: 1, archives: true, events: [{ type: 'Closed', data: {} }], context: context() });
    expect(await before(['account-2'], [2], [newId()])).toMatchObject([{ verdict: 'wrong-version' }]);
    expect((await chainOf(pool)).computed).toEqual((await chainOf(pool)).stored);
    await expect(before([], [], [])).rejects.toThrow(/without events/);
  });
});
