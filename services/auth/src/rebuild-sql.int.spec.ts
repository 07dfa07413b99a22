/** What a fold says in SQL for its rebuild is what it says event by event, whatever happened. */
import { newId, openDatabase, openEventStore, openPool, rebuildReadModel, startProjections, startWakeUp, type AppendContext, type EventStore, type RowFold } from '@citrus/kit-event-store';
import * as fc from 'fast-check';
import type { Pool } from 'pg';
import { expect } from 'vitest';
import { test } from './database.fixture.ts';
import type { AuthDatabase } from './database.ts';
import { enrolmentsProjection } from './enrolment/enrolment.projection.ts';
import { membershipsProjection } from './user/membership.projection.ts';

type Told = { readonly stream: string; readonly type: string; readonly data: Readonly<Record<string, unknown>> };

const ids = ['0198c0de-0000-7000-8000-00000000000a', '0198c0de-0000-7000-8000-00000000000b', '0198c0de-0000-7000-8000-00000000000c'];
const anyId = fc.constantFrom(...ids);
const key = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme-ascii' });

const membership: fc.Arbitrary<Told> = fc.record({ userId: anyId, projectId: anyId, role: fc.constantFrom('analyst', 'operator', 'owner') }).chain((data) =>
  fc.constantFrom('MembershipGranted', 'MembershipGranted', 'MembershipEnded').map((type) => ({ stream: `user-${data.userId}`, type, data })));
const enrolment: fc.Arbitrary<Told> = fc.record({ serverId: anyId, projectId: anyId, agentId: key, attempt: fc.nat(9), expiresAt: fc.constant('2026-11-21T10:00:00.123Z'), nkey: key, keys: fc.record({ nkey: key, boxKey: key }) })
  .chain((data) => fc.constantFrom('EnrolmentIssued', 'AgentEnrolled', 'EnrolmentRefused').map((type) => ({ stream: `enrolment-${data.serverId}`, type, data })));

const context = (): AppendContext => ({ commandId: newId(), actor: { kind: 'service', id: 'auth' }, correlationId: 'test' });
const append = async (store: EventStore, told: readonly Told[]): Promise<number> => {
  let last = 0;
  for (const { stream, type, data } of told) last = (await store.append({ stream, expected: 'any', events: [{ type, data }], context: context() })).position;
  return last;
};
const rowsOf = async (pool: Pool, { table }: RowFold) => (await pool.query<{ row: string }>(`select row_to_json(t)::text as row from ${table} t order by 1`)).rows.map(({ row }) => row);

test.for([{ name: 'memberships', fold: membershipsProjection, told: membership }, { name: 'enrolments', fold: enrolmentsProjection, told: enrolment }])('$name', { timeout: 180_000 }, async ({ fold, told }, { database }) => {
  const pool = openPool({ databaseUrl: database.serviceUrl });
  const [db, store, wakeUp] = [openDatabase<AuthDatabase>(pool), openEventStore({ pool, service: 'auth' }), startWakeUp({ databaseUrl: database.serviceUrl })];
  const projections = startProjections({ db, pool, store, projections: [fold], wakeUp });
  await fc.assert(fc.asyncProperty(fc.array(told, { minLength: 1, maxLength: 12 }), async (events) => {
    await projections.reached(await append(store, events), { timeoutMs: 30_000 });
    const folded = await rowsOf(pool, fold);
    await rebuildReadModel({ db, pool, store, fold });
    expect(await rowsOf(pool, fold)).toEqual(folded);
  }), { numRuns: 15 });
  await projections.stop();
  await wakeUp.stop();
  await pool.end();
});
