import { Unavailable } from '@citrus/kit-domain';
import { eventually, test } from '@citrus/kit-testing';
import { sql } from 'kysely';
import { Client } from 'pg';
import { describe, expect } from 'vitest';
import { openDatabase } from './database.ts';
import { openPool } from './pool.ts';

describe('a query', () => {
  test('to a server that does not answer is Unavailable', async () => {
    const pool = openPool({ databaseUrl: 'postgres://nobody@127.0.0.1:1/none' });
    await expect(sql`select 1`.execute(openDatabase(pool))).rejects.toBeInstanceOf(Unavailable);
    await pool.end();
  });

  test('whose connection is cut in the middle is Unavailable, and the next one works', async ({ database }) => {
    const pool = openPool({ databaseUrl: database.serviceUrl, max: 1 });
    const db = openDatabase(pool);
    const asked = sql`select pg_sleep(30)`.execute(db);
    const refused = expect(asked).rejects.toBeInstanceOf(Unavailable);
    const superuser = new Client({ connectionString: database.superuserUrl });
    await superuser.connect();
    await expect.poll(async () => (await superuser.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and query like '%pg_sleep(30)%' and pid <> pg_backend_pid()`, [database.name])).rowCount).toBe(1);
    await superuser.end();
    await refused;
    // The pool drops the broken connection when its socket ends, which may be a moment after the query has failed.
    await eventually(async () => expect((await sql<{ one: number }>`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]));
    await pool.end();
  });

  test('that is wrong stays our own fault', async ({ database }) => {
    const pool = openPool({ databaseUrl: database.serviceUrl });
    await expect(sql`select no_such_column`.execute(openDatabase(pool))).rejects.not.toBeInstanceOf(Unavailable);
    await pool.end();
  });
});
