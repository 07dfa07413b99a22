/** Server groups and their timers. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

const TABLES = `
create table server_groups (
  id uuid primary key,
  project_id uuid not null,
  name text not null,
  status text not null,
  is_paused boolean not null,
  is_stalled boolean not null,
  min int not null,
  max int not null,
  target int not null,
  template jsonb not null,
  policy jsonb,
  members jsonb not null,
  note text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index server_groups_by_name on server_groups (project_id, name, id);
create index server_groups_by_member on server_groups using gin (members jsonb_path_ops);

create table group_work (
  group_id uuid primary key,
  woken bigint not null,
  wake_at timestamptz,
  lease_until timestamptz,
  failures int not null default 0,
  load jsonb
);
create index group_work_due on group_work (wake_at) where wake_at is not null;
`;

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql.raw(TABLES).execute(db);
};
