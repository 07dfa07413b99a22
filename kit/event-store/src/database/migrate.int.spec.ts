import { sql } from 'kysely';
import { Client } from 'pg';
import { describe, expect } from 'vitest';
import { test } from '@citrus/kit-testing';
import { TOTALS } from '../log.fixture.ts';
import { migrate } from './migrate.ts';

const rowsOf = async (url: string, query: string): Promise<unknown[]> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(query)).rows;
  } finally {
    await client.end();
  }
};

describe('migrating', () => {
  test('may be done again and by several at once', async ({ database: { ownerUrl, serviceUrl, role } }) => {
    await Promise.all([1, 2, 3].map(() => migrate({ ownerUrl, role, migrations: TOTALS })));
    await migrate({ ownerUrl, role, migrations: TOTALS });
    expect(await rowsOf(serviceUrl, 'select position from log_head')).toEqual([{ position: '0' }]);
  });

  test('gives the service role its read models and the checkpoints, and the log only to read', async ({ database: { ownerUrl, serviceUrl, role } }) => {
    await migrate({ ownerUrl, role, migrations: TOTALS });
    const rights = await rowsOf(serviceUrl, `
      select table_name as name, string_agg(privilege_type, ' ' order by privilege_type) as rights
      from information_schema.role_table_grants where grantee = current_user and table_schema <> 'pg_catalog' group by 1 order by 1`);
    const all = 'DELETE INSERT SELECT TRUNCATE UPDATE';
    expect(rights).toEqual([
      { name: 'checkpoints', rights: all }, { name: 'consumer_pauses', rights: all }, { name: 'event_links', rights: all }, { name: 'events', rights: 'SELECT' }, { name: 'generations', rights: all }, { name: 'log_head', rights: 'SELECT' },
      { name: 'parked_events', rights: all }, { name: 'seals', rights: 'INSERT SELECT' }, { name: 'skipped_events', rights: all }, { name: 'snapshots', rights: all }, { name: 'streams', rights: 'SELECT' }, { name: 'totals', rights: all },
    ]);
  });

  test('of a service without a log makes none', async ({ database: { ownerUrl, serviceUrl, role } }) => {
    await migrate({ ownerUrl, role, migrations: TOTALS, hasLog: false });
    expect(await rowsOf(serviceUrl, `select tablename from pg_tables where schemaname = 'public' and tablename not like 'migrations%' order by 1`)).toEqual([
      { tablename: 'checkpoints' }, { tablename: 'consumer_pauses' }, { tablename: 'generations' }, { tablename: 'parked_events' }, { tablename: 'skipped_events' }, { tablename: 'totals' },
    ]);
  });

  test('that fails keeps nothing of it, and says which migration it was', async ({ database: { ownerUrl, serviceUrl, role } }) => {
    const broken = { ...TOTALS, '2026-11-22-broken': { up: async (db: Parameters<NonNullable<(typeof TOTALS)[string]>['up']>[0]) => void (await sql.raw('create table half (id int); select 1/0').execute(db)) } };
    await expect(migrate({ ownerUrl, role, migrations: broken })).rejects.toThrow('2026-11-22-broken');
    expect(await rowsOf(serviceUrl, `select tablename from pg_tables where tablename = 'half'`)).toEqual([]);
  });
});
