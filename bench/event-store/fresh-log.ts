/** A PostgreSQL of its own with real fsync, a migrated log, and a plain table beside it. */
import { startPostgres } from '@citrus/kit-embedded';
import { migrate, openEventStore, openPool, type EventStore } from '@citrus/kit-event-store';
import { freshDatabase } from '@citrus/kit-testing/database';
import type { Pool } from 'pg';

const CONNECTIONS = 70;

export type BenchLog = { readonly store: EventStore; readonly owner: Pool; readonly superuser: Pool; readonly serviceUrl: string; close(): Promise<void> };

export const freshLog = async (): Promise<BenchLog> => {
  const postgres = await startPostgres({ fsync: 'on' });
  const database = await freshDatabase(postgres.url);
  await migrate({ ownerUrl: database.ownerUrl, role: database.role, migrations: {} });
  const [pool, owner, superuser] = [database.serviceUrl, database.ownerUrl, database.superuserUrl].map((databaseUrl) => openPool({ databaseUrl, max: CONNECTIONS })) as [Pool, Pool, Pool];
  await owner.query('create table raw_events (position bigint generated always as identity primary key, stream_id text not null, version int not null, event_id uuid not null, type text not null, data json not null, unique (stream_id, version))');
  return {
    store: openEventStore({ pool, service: 'provisioning' }),
    owner,
    superuser,
    serviceUrl: database.serviceUrl,
    close: async () => {
      await Promise.all([pool.end(), owner.end(), superuser.end()]);
      await postgres.stop();
    },
  };
};
