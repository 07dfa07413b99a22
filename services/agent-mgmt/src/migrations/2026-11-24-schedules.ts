/** Schedules of runs, and what a run was chosen and begun by. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

const TABLES = `
alter table runs add column sample json;
alter table runs add column schedule_id uuid;

create table schedules (
  schedule_id uuid primary key,
  project_id uuid not null,
  name text not null,
  cron text not null,
  time_zone text not null,
  installer text not null,
  action text not null,
  inputs json not null,
  priority text not null,
  filter text not null,
  strategy json not null,
  sample json,
  status text not null,
  next_due_at timestamptz not null,
  last_run_id uuid,
  last_due_at timestamptz,
  missed int not null,
  missed_at timestamptz,
  missed_reason text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index schedules_by_project on schedules (project_id, name);
create index schedules_due on schedules (next_due_at) where status = 'active';
`;

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql.raw(TABLES).execute(db);
};
