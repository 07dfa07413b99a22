/** What is done with servers that are there. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql`
    alter table servers
      add column power text, add column action_id uuid, add column action_type text, add column action_since timestamptz, add column action_note text,
      add column is_protected boolean not null default false, add column maintenance_since timestamptz, add column maintenance_reason text, add column backups boolean not null default false`.execute(db);
  await sql`
    create table server_actions (
      id uuid primary key,
      server_id uuid not null,
      project_id uuid not null,
      action json not null,
      status text not null,
      note text,
      requested_by text,
      snapshot_ref text,
      requested_at timestamptz not null,
      started_at timestamptz,
      ended_at timestamptz
    )`.execute(db);
  await sql`create index server_actions_by_server on server_actions (server_id, requested_at, id)`.execute(db);
};
