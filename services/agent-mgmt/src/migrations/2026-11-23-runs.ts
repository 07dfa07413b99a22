/** Runs over many servers, and which run a job is part of. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

const TABLES = `
alter table jobs add column run_id uuid;
create index jobs_by_run on jobs (run_id, server_id) where run_id is not null;

create table runs (
  run_id uuid primary key,
  project_id uuid not null,
  installer text not null,
  installer_digest text not null,
  action text not null,
  inputs json not null,
  filter text not null,
  strategy json not null,
  server_ids uuid[] not null,
  begun int not null,
  refused json not null,
  status text not null,
  reason text,
  retry_of uuid,
  created_at timestamptz not null,
  finished_at timestamptz,
  updated_at timestamptz not null
);
create index runs_by_project on runs (project_id, created_at desc, run_id desc);
create index runs_open on runs (created_at) where finished_at is null;
`;

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql.raw(TABLES).execute(db);
};
