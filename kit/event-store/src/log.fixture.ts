/** Fixtures of this package's tests: a migrated database with an open store, as a service has it. */
import { test as base, type Template } from '@citrus/kit-testing';
import { Kysely, PostgresDialect } from 'kysely';
import type { Pool } from 'pg';
import { openEventStore } from './event-store.ts';
import type { AppendContext, EventStore } from './event-store.port.ts';
import { migrate, type Migrations } from './database/migrate.ts';
import { openPool } from './database/pool.ts';
import { newId } from './uuid.ts';

export type TestLog = { readonly pool: Pool; readonly store: EventStore; readonly db: Kysely<ReadModels>; readonly databaseUrl: string };
export type ReadModels = { totals: { stream_id: string; total: number; last_position: number } };

export const PROJECT = '0198c0de-0000-7000-8000-000000000001';
export const context = (more: Partial<AppendContext> = {}): AppendContext => ({ commandId: newId(), actor: { kind: 'service', id: 'test' }, correlationId: 'c-1', ...more });
export const added = (amount: number) => ({ type: 'Added', data: { amount } });

export const TOTALS: Migrations = {
  '2026-11-21-totals': {
    up: async (db) => {
      await db.schema.createTable('totals').addColumn('stream_id', 'text', (c) => c.primaryKey()).addColumn('total', 'bigint', (c) => c.notNull()).addColumn('last_position', 'bigint', (c) => c.notNull()).execute();
    },
  },
};

export const openLog = (databaseUrl: string): TestLog => {
  const pool = openPool({ databaseUrl, max: 10 });
  return { pool, store: openEventStore({ pool, service: 'provisioning' }), db: new Kysely<ReadModels>({ dialect: new PostgresDialect({ pool }) }), databaseUrl };
};

const TOTALS_DATABASE: Template = { name: 'totals', migrate: (place) => migrate({ ...place, migrations: TOTALS }) };

/** `database` is migrated. */
export const test = base.extend('template', () => TOTALS_DATABASE).extend('log', async ({ database }, { onCleanup }): Promise<TestLog> => {
  const log = openLog(database.serviceUrl);
  onCleanup(() => log.pool.end());
  return log;
});
