import { Client } from 'pg';
import { describe, expect } from 'vitest';
import { added, context, test } from '../log.fixture.ts';

const TABLES = ['events', 'event_partitions.events_0', 'streams', 'commands', 'log_head'];
const COLUMN: Record<string, string> = { events: 'type', 'event_partitions.events_0': 'type', streams: 'stream_id', commands: 'stream_id', log_head: 'hash' };

const ATTACKS = [
  ...TABLES.flatMap((table) => [
    `update ${table} set ${COLUMN[table]} = ${COLUMN[table]}`, `delete from ${table}`, `truncate ${table}`, `truncate ${table} cascade`, `insert into ${table} select * from ${table}`,
    `merge into ${table} t using (select 1) s on true when matched then delete`, `alter table ${table} disable trigger all`, `alter table ${table} add column x int`, `drop table ${table} cascade`,
    `create trigger mine before insert on ${table} for each row execute function suppress_redundant_updates_trigger()`, `create rule mine as on insert to ${table} do instead nothing`,
  ]),
  'alter table event_partitions.events_0 disable trigger append_only', 'drop trigger append_only on events', 'alter table events detach partition event_partitions.events_0', 'copy events from stdin',
  `set session_replication_role = 'replica'`, 'set role citrus_test_owner', 'set session authorization citrus_test_owner', `alter role citrus_test_service superuser`, 'grant citrus_test_owner to citrus_test_service',
  // What could stand in the way of a name that the functions use.
  'create table public.log_head2 (x int)', 'create schema pg_catalog2', 'create function public.sha256(bytea) returns bytea language sql as $$ select $1 $$', 'create function pg_catalog.sha256(text) returns bytea language sql as $$ select null::bytea $$',
  'create operator public.|| (leftarg = bytea, rightarg = bytea, function = byteacat)', 'create or replace function refuse_change() returns trigger language plpgsql as $$ begin return null; end $$',
  'create or replace function was_carried_out(p_command uuid, p_stream text) returns boolean language sql as $$ select true $$', 'alter function append_one set search_path = public', 'drop function append_one',
  // What the functions use and nobody else may.
  'select add_events_partition(7)', 'select judge_appends(array[1], array[\'a-1\'], array[0], array[gen_random_uuid()], array[1], array[0], 0)', 'select * from commands',
];

describe('the service role', () => {
  test('T306. can append and read, and nothing else', async ({ log: { store, pool } }) => {
    await store.append({ stream: 'account-1', expected: 'any', events: [added(1)], context: context() });
    for (const attack of ATTACKS) await expect(pool.query(attack), attack).rejects.toThrow(/permission denied|must be (owner|superuser|able)|only roles with/i);
    expect(await store.head()).toBe(1);
  });

  test('cannot shadow what the functions use with temporary objects', async ({ database, log: { store } }) => {
    const client = new Client({ connectionString: database.serviceUrl });
    await client.connect();
    for (const name of ['events', 'streams', 'commands', 'log_head']) await client.query(`create temporary table ${name} (like public.${name === 'commands' ? 'streams' : name})`);
    await client.query('create function pg_temp.sha256(bytea) returns bytea language sql as $$ select $1 $$');
    await client.query('create function pg_temp.greatest(timestamptz, timestamptz) returns timestamptz language sql as $$ select null::timestamptz $$');
    await client.query('set search_path = pg_temp, public');
    const one = (version: number) => client.query(`select * from public.append_one('account-1', ${version}, false, gen_random_uuid(), '{}', null, gen_random_uuid(), 'Added', 1, '{}', null)`);
    expect((await one(0)).rows).toMatchObject([{ verdicts: null, versions: ['1'], positions: ['1'] }]);
    expect((await one(1)).rows).toMatchObject([{ positions: ['2'] }]);
    const { rows } = await client.query('select length(hash) as bytes from public.events');
    expect(rows).toEqual([{ bytes: 32 }, { bytes: 32 }]);
    expect((await client.query('select from pg_temp.events')).rowCount).toBe(0);
    expect(await store.head()).toBe(2);
    await client.end();
  });
});

describe('the owner', () => {
  test('is refused every change of events by the triggers', async ({ log: { store }, database }) => {
    await store.append({ stream: 'account-1', expected: 'any', events: [added(1)], context: context() });
    const owner = new Client({ connectionString: database.ownerUrl });
    await owner.connect();
    for (const table of ['events', 'event_partitions.events_0', 'event_partitions.events_1']) {
      for (const attack of [`update ${table} set type = 'X'`, `update ${table} set type = 'X' where false`, `delete from ${table}`, `truncate ${table}`, `merge into ${table} t using (select 1) s on true when matched then delete`]) {
        await expect(owner.query(attack), attack).rejects.toThrow(/append-only/);
      }
    }
    await owner.end();
  });
});
