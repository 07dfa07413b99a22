/** A PostgreSQL of its own with real fsync, a migrated log, and a plain table beside it. */
import { startPostgres } from '@citrus/kit-embedded';
import { migrate, openEventStore, openPool, type EventStore } from '@citrus/kit-event-store';
import { freshDatabase } from '@citrus/kit-testing/database';
import type { Pool } from 'pg';

const CONNECTIONS = 70;

export type BenchLog = { readonly store: EventStore; readonly owner: Pool; close(): Promise<void> };

export const freshLog = async (): Promise<BenchLog> => {
  const postgres = await startPostgres({ fsync: 'on' });
  const database = await freshDatabase(postgres.url);
  await migrate({ ownerUrl: database.ownerUrl, role: database.role, migrations: {} });
  const [pool, owner] = [openPool({ databaseUrl: database.serviceUrl, max: CONNECTIONS }), openPool({ databaseUrl: database.ownerUrl, max: CONNECTIONS })];
  await owner.query('create table raw_events (position bigint generated always as identity primary key, stream_id text not null, version int not null, event_id uuid not null, type text not null, data json not null, unique (stream_id, version))');
  return {
    store: openEventStore({ pool, service: 'provisioning' }),
    owner,
    close: async () => {
      await Promise.all([pool.end(), owner.end()]);
      await postgres.stop();
    },
  };
};
