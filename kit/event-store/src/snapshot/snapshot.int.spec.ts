import * as fc from 'fast-check';
import { Client } from 'pg';
import { describe, expect } from 'vitest';
import { openEventStore } from '../event-store.ts';
import { context, openLog, test } from '../log.fixture.ts';
import { newId, uuidFrom } from '../uuid.ts';

type Added = { type: 'Added'; data: { amount: number } };
type Account = { readonly total: number; readonly events: number };
const account = { initialState: { total: 0, events: 0 } as Account, evolve: ({ total, events }: Account, { data }: Added): Account => ({ total: total * 2 + data.amount, events: events + 1 }) };
const every = (events: number, version = 1) => ({ ...account, snapshot: { name: 'account', version, every: events } });
const add = (...amounts: number[]): Added[] => amounts.map((amount) => ({ type: 'Added', data: { amount } }));

const update = fc.record({
  stream: fc.integer({ min: 1, max: 2 }), command: fc.integer({ min: 1, max: 15 }), amounts: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
  /** What becomes of the snapshots after it: they stay, are deleted, or are those of before it, as after a crash. */
  then: fc.constantFrom('stay' as const, 'stay' as const, 'are deleted' as const, 'are those before' as const),
});

describe('snapshots', () => {
  test('change nothing, whatever becomes of them', async ({ log: { store, pool } }) => {
    await fc.assert(fc.asyncProperty(fc.array(update, { minLength: 1, maxLength: 25 }), fc.integer({ min: 1, max: 5 }), fc.uuid(), async (updates, size, run) => {
      for (const { stream, command, amounts, then } of updates) {
        const [plain, kept] = [`plain-${run}-${stream}`, `kept-${run}-${stream}`];
        const before = await pool.query<{ state: unknown; version: number; position: number }>('select * from snapshots where stream_id = $1', [kept]);
        // Refusing what was decided before shows that a command is not decided again.
        const decide = (state: Account) => (state.events > 20 ? [] : add(...amounts, state.total % 7));
        const once = () => context({ commandId: uuidFrom(run, String(command)) });
        const [without, with_] = [await store.update(plain, account, decide, once()), await store.update(kept, every(size), decide, once())];
        expect({ ...with_, position: 0 }).toEqual({ ...without, position: 0 });
        if (then !== 'stay') await pool.query('delete from snapshots where stream_id = $1', [kept]);
        const [row] = before.rows;
        if (then === 'are those before' && row) await pool.query(`insert into snapshots (stream_id, decider, decider_version, version, position, state) values ($1, 'account', 1, $2, $3, $4)`, [kept, row.version, row.position, JSON.stringify(row.state)]);
      }
    }), { numRuns: 25 });
  });

  test('are where a load begins', async ({ log: { store, pool } }) => {
    for (let n = 1; n <= 5; n += 1) await store.update('account-1', every(3), () => add(1), context());
    expect((await pool.query('select stream_id, decider, decider_version, version, position from snapshots')).rows).toEqual([{ stream_id: 'account-1', decider: 'account', decider_version: 1, version: 3, position: 3 }]);
    // A state that nobody folded shows that it was read.
    await pool.query(`update snapshots set state = '{"total": 1000, "events": 3}'`);
    expect((await store.update('account-1', every(3), () => [], context())).state).toEqual({ total: 4003, events: 5 });
    expect((await store.update('account-1', every(3, 2), () => [], context())).state).toEqual({ total: 31, events: 5 });
    expect((await store.update('account-1', account, () => [], context())).state).toEqual({ total: 31, events: 5 });
  });

  test('do not make a command forgotten whose events lie before', async ({ log: { store } }) => {
    const once = context();
    const first = await store.update('account-1', every(2), () => add(1, 2), once);
    for (let n = 1; n <= 3; n += 1) await store.update('account-1', every(2), () => add(3), context());
    const again = await store.update('account-1', every(2), () => { throw new Error('decided again'); }, once);
    expect(again).toMatchObject({ events: first.events, version: 2, position: 2, state: { events: 5 } });
    const both = await Promise.all([1, 2, 3].map(() => store.update('account-1', every(2), () => add(9), context({ commandId: uuidFrom('same', 'command') }))));
    expect(both.map(({ version }) => version)).toEqual([6, 6, 6]);
  });

  test('that cannot be written are missed by nobody, and told', async ({ database, log: { pool } }) => {
    const owner = new Client({ connectionString: database.ownerUrl });
    await owner.connect();
    await owner.query(`revoke insert on snapshots from ${database.role}`);
    const told: string[] = [];
    const logger = { info: () => undefined, error: () => undefined, warn: (_: object, message: string) => void told.push(message) };
    const store = openEventStore({ pool, service: 'provisioning', logger });
    expect(await store.update('account-1', every(1), () => add(1), context())).toMatchObject({ version: 1, state: { total: 1 } });
    expect(await store.update('account-1', every(1), () => add(1), context())).toMatchObject({ version: 2, state: { total: 3 } });
    expect(told).toEqual(['a snapshot could not be written', 'a snapshot could not be written']);
    await owner.end();
  });

  test('never go back, not to an older release and not to an earlier version', async ({ database, log }) => {
    const second = openLog(database.serviceUrl);
    await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? log : second).store.update('account-1', every(1, n < 10 ? 2 : 1), () => add(1), context({ commandId: newId() }))));
    await log.store.update('account-1', every(1, 2), () => add(1), context());
    await log.store.update('account-1', every(1, 1), () => add(1), context());
    expect((await log.pool.query('select decider_version, version from snapshots')).rows).toEqual([{ decider_version: 2, version: 21 }]);
    await second.pool.end();
  });
});
