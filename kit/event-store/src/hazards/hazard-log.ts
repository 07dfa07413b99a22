/** The log that is maltreated, and read models that show it when an event was applied twice, never, or too late. */
import type { EventEnvelope } from '@citrus/contracts';
import { sql, type Kysely } from 'kysely';
import type { Pool } from 'pg';
import { openDatabase } from '../database/database.ts';
import type { Migrations } from '../database/migrate.ts';
import { openPool } from '../database/pool.ts';
import { openEventStore } from '../event-store.ts';
import type { EventStore } from '../event-store.port.ts';
import { defineProjection } from '../projection/projection.ts';
import { defineFold } from '../projection/row-fold.ts';

export type HazardTables = { totals: { stream_id: string; total: number; last_position: number }; done: { position: number } };
export type HazardLog = { readonly pool: Pool; readonly store: EventStore; readonly db: Kysely<HazardTables>; readonly databaseUrl: string };

/** `done` has no key: what is done twice is there twice, in the order in which it was done. */
export const HAZARD_TABLES: Migrations = {
  '2026-11-21-hazards': {
    up: async (db) => void (await sql.raw('create table totals (stream_id text primary key, total bigint not null, last_position bigint not null); create table done (number bigint generated always as identity, position bigint not null)').execute(db)),
  },
};

export const openHazardLog = (databaseUrl: string): HazardLog => {
  const pool = openPool({ databaseUrl, max: 8 });
  return { pool, store: openEventStore({ pool, service: 'provisioning' }), db: openDatabase<HazardTables>(pool), databaseUrl };
};

const amountOf = ({ data }: EventEnvelope): number => Number(data['amount']);

export const totals = defineFold<{ stream_id: string; total: number; last_position: number }>({
  name: 'totals', version: 1, table: 'totals', key: ['stream_id'], handles: ['Added'],
  keyOf: ({ stream }) => [stream],
  evolve: (row, event) => ({ stream_id: event.stream, total: (row?.total ?? 0) + amountOf(event), last_position: event.position }),
});

/** Slow enough for a page to be interrupted. */
export const doEach = defineProjection<HazardTables>({
  name: 'done', version: 1, handles: 'all',
  apply: async (trx, { position }) => void (await sql`insert into done (position) select ${position}::bigint from pg_sleep(0.001)`.execute(trx)),
});
