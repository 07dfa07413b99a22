/** Frozen: a change is a new migration. The audit as a fold of the log, and refusals that wait until their minute is over. */
import { sql, type Kysely } from 'kysely';

const TABLES = `
create table audit_entries (
  entry_id uuid primary key,
  position bigint not null,
  at timestamptz not null,
  last_at timestamptz not null,
  count int not null,
  service text not null,
  action text not null,
  outcome text not null,
  actor_kind text,
  actor_id text,
  project_id uuid,
  target jsonb not null,
  code text,
  reason text,
  correlation_id text,
  address jsonb
);
create index audit_entries_by_position on audit_entries (position);
create index audit_entries_by_project on audit_entries (project_id, position);
create index audit_entries_by_actor on audit_entries (actor_id, position);

create table audit_refusals (
  entry_id uuid primary key,
  refusal_group text not null,
  window_ends_at timestamptz not null,
  entry jsonb not null,
  batch_id uuid,
  told_at timestamptz
);
create index audit_refusals_that_wait on audit_refusals (window_ends_at) where batch_id is null;
create index audit_refusals_by_batch on audit_refusals (batch_id);
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql.raw(TABLES).execute(db);
};
