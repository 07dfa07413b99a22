import { test, type TestDatabase } from '@citrus/kit-testing';
import { Client } from 'pg';
import { describe, expect } from 'vitest';
import { added, context, openLog, PROJECT, TOTALS } from '../log.fixture.ts';
import { analystRoleSettings, keepFromEverybody } from './analysts.ts';
import { migrate, type Migrations } from './migrate.ts';

const VIEWS = { totals: ['stream_id', 'total'] };

/** No right to it, no such name in reach, and views that cannot be written to. */
const REFUSALS = ['42501', '42P01', '42703', '55000', '0A000'];

const connected = async <T>(url: string, work: (client: Client) => Promise<T>): Promise<T> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};
const migrated = (database: TestDatabase, migrations: Migrations = TOTALS, analystViews: Record<string, string[]> = VIEWS) => migrate({ ownerUrl: database.ownerUrl, role: database.role, migrations, analystViews });

/** As `npm start` prepares a database. */
const prepared = async (database: TestDatabase): Promise<void> => {
  await connected(database.superuserUrl, async (client) => {
    await client.query(`revoke all on database ${database.name} from public`);
    await client.query(`grant connect on database ${database.name} to ${database.role}, ${database.analystRole}`);
    for (const setting of analystRoleSettings(database.analystRole)) await client.query(setting);
    await client.query(keepFromEverybody(database.owner, database.role));
  });
  await migrated(database);
};

const asAnalyst = <T>(database: TestDatabase, work: (client: Client) => Promise<T>): Promise<T> => connected(database.analystUrl, work);
const rowsOf = async (client: Client, query: string) => (await client.query<Record<string, unknown>>(query)).rows;

describe('an analyst', () => {
  test('T805. reads events and read models as SQL, without what is secret', async ({ database }) => {
    await prepared(database);
    const log = openLog(database.serviceUrl);
    await log.store.append({
      stream: 'user-a-1', expected: 'none', context: context({ projectId: PROJECT, causationId: 'cause' }),
      events: [{ type: 'UserCreated', data: { userId: 'u', email: 'a@example.org', sealedPassword: 'S1', tokenHash: 'S2', accessToken: 'S3', password: 'S4', keys: { n: 1 } } }],
    });
    await log.pool.query(`insert into totals (stream_id, total, last_position) values ('user-a-1', 7, 1)`);
    await asAnalyst(database, async (client) => {
      expect(await rowsOf(client, 'select * from events')).toMatchObject([{
        position: '1', stream: 'user-a-1', aggregate: 'user', aggregate_id: 'a-1', version: '1', type: 'UserCreated', schema_version: 1, at: expect.any(Date), actor_kind: 'service', actor_id: 'test',
        project_id: PROJECT, correlation_id: 'c-1', causation_id: 'cause', data: { userId: 'u', email: 'a@example.org', keys: { n: 1 } },
      }]);
      expect(JSON.stringify(await rowsOf(client, 'select * from events'))).not.toMatch(/S[1-4]/);
      expect(await rowsOf(client, 'select * from totals')).toEqual([{ stream_id: 'user-a-1', total: '7' }]);
    });
    await log.pool.end();
  });

  test('reads what PostgreSQL\'s JSON functions would refuse', async ({ database }) => {
    await prepared(database);
    const log = openLog(database.serviceUrl);
    for (const text of ['a\0b', '\ud800', 'plain', '"\\u0000']) await log.store.append({ stream: 'talk-1', expected: 'any', events: [{ type: 'Said', data: { text } }], context: context({ actor: { kind: 'agent', id: text } }) });
    await asAnalyst(database, async (client) => {
      expect(await rowsOf(client, `select data ->> 'text' as text, actor_id from events order by position`)).toEqual(['a\ufffdb', '\ufffd', 'plain', '"\\ufffd'].map((text) => ({ text, actor_id: text })));
    });
    await log.pool.end();
  });

  test('T805. can do nothing else, whatever the session is set to', async ({ database }) => {
    await prepared(database);
    const log = openLog(database.serviceUrl);
    await log.store.append({ stream: 'sum-1', expected: 'none', events: [added(1)], context: context() });
    const attempts = [
      ...['log_head', 'streams', 'commands', 'events', 'totals', 'checkpoints', 'parked_events', 'event_links', 'migrations_log'].map((table) => `select * from public.${table}`),
      'select * from event_partitions.events_0', 'select * from analyst_setup.views', `update analyst_setup.views set columns = array['secret']`,
      ...['events', 'totals'].flatMap((view) => [`delete from analyst.${view}`, `update analyst.${view} set version = 2`, `insert into analyst.${view} default values`]),
      'create table mine (a int)', 'create table analyst.mine (a int)', 'create temp table mine (a int)', 'create schema mine', 'create function mine() returns int language sql return 1', 'create view mine as select 1',
      'select public.refresh_analyst_views()', `select public.add_events_partition(7)`, 'select pg_advisory_lock(1)', 'select pg_try_advisory_lock(1, 2)', 'select lo_create(0)', `select pg_logical_emit_message(false, 'a', 'b')`, 'set temp_file_limit = -1', `select lo_from_bytea(0, 'x')`,
      `copy (select 1) to program 'true'`, `copy (select 1) to '/tmp/mine'`, `select pg_read_file('/etc/passwd')`, `set role ${database.owner}`, `set role ${database.role}`, 'create role mine', 'alter system set work_mem = 1', 'drop view analyst.events',
      `alter role ${database.analystRole} superuser`,
    ];
    await asAnalyst(database, async (client) => {
      expect(await rowsOf(client, 'show transaction_read_only')).toEqual([{ transaction_read_only: 'on' }]);
      expect(await rowsOf(client, 'show statement_timeout')).toEqual([{ statement_timeout: '1min' }]);
      expect(await rowsOf(client, 'show temp_file_limit')).toEqual([{ temp_file_limit: '1GB' }]);
      await client.query('set default_transaction_read_only = off');
      const allowed: string[] = [];
      for (const attempt of attempts) await client.query(attempt).then(() => allowed.push(attempt), (error: { code?: string }) => REFUSALS.includes(error.code ?? '') || allowed.push(`${attempt}: ${error.code}`));
      expect(allowed).toEqual([]);
    });
    await asAnalyst(database, async (client) => expect(await rowsOf(client, `select count(*)::int as n from events`)).toEqual([{ n: 1 }]));
    expect(await log.store.head()).toBe(1);
    await log.pool.end();
  });

  test('sees the rows that stand in public, through switches and later migrations', async ({ database }) => {
    await prepared(database);
    await connected(database.serviceUrl, async (service) => {
      await service.query(`insert into totals values ('old', 1, 1); insert into checkpoints (consumer, version, position) values ('totals', 1, 0)`);
      await service.query(`select begin_generation('totals', 'totals', 1, false)`);
      await service.query(`insert into next_totals.totals values ('new', 2, 1)`);
      await service.query(`select complete_generation('totals', 'totals'); update generations set state = 'following'`);
      await service.query(`select switch_generation('totals', 'totals')`);
    });
    await asAnalyst(database, async (client) => expect(await rowsOf(client, 'select * from totals')).toEqual([{ stream_id: 'new', total: '2' }]));
    const changed: Migrations = { ...TOTALS, '2026-11-22-words': { up: (db) => db.schema.alterTable('totals').dropColumn('total').addColumn('words', 'json').execute() } };
    await migrated(database, changed, { totals: ['stream_id', 'total', 'words'] });
    await asAnalyst(database, async (client) => expect(await rowsOf(client, 'select * from totals')).toEqual([{ stream_id: 'new', words: null }]));
    await migrated(database, changed, {});
    await asAnalyst(database, async (client) => await expect(rowsOf(client, 'select * from totals')).rejects.toThrow('does not exist'));
  });
});
