/** Which servers wait for the cloud to be asked for their machine. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql`create table server_queue (
    server_id uuid primary key, project_id uuid not null, cloud_id text, priority int not null, since timestamptz not null, is_waiting boolean not null
  )`.execute(db);
  await sql`create index server_queue_waiting on server_queue (server_id) where is_waiting`.execute(db);
};
