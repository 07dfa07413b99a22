/** Which apps are on which server, their changes, and when each is checked next. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

const TABLES = `
create table apps (
  server_id uuid not null,
  installer text not null,
  project_id uuid not null,
  state text not null,
  settled text not null,
  reason text,
  version text,
  inputs json not null,
  health text not null,
  health_since timestamptz,
  health_reason text,
  checked_at timestamptz,
  told_health text not null,
  open_jobs json not null,
  last_job json,
  backups json not null,
  change json,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (server_id, installer)
);
create index apps_by_project on apps (project_id, installer, server_id);
create index apps_untold on apps (server_id) where health <> 'unknown' and health <> told_health;

create table app_changes (
  change_id uuid primary key,
  project_id uuid not null,
  server_id uuid not null,
  installer text not null,
  action text not null,
  status text not null,
  with_backup boolean not null,
  backup json,
  steps json not null,
  cause text,
  app_is text,
  is_healthy boolean,
  reason text,
  advice text,
  created_at timestamptz not null,
  finished_at timestamptz,
  updated_at timestamptz not null
);
create index app_changes_open on app_changes (created_at) where finished_at is null;

create table app_checks (
  server_id uuid not null,
  installer text not null,
  due_at timestamptz not null,
  taken_until timestamptz not null default '-infinity',
  primary key (server_id, installer)
);
create index app_checks_due on app_checks (due_at);
`;

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql.raw(TABLES).execute(db);
};
