/** The first tables of provisioning. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

const TABLES = `
create table servers (
  id uuid primary key,
  project_id uuid not null,
  name text not null,
  status text not null,
  region text not null,
  size text not null,
  image text not null,
  tags text[] not null,
  droplet_ref text,
  ip_address text,
  agent_id text,
  note text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index servers_by_age on servers (project_id, created_at, id);
create index servers_by_name on servers (project_id, name, id);
create index servers_by_status on servers (project_id, status, created_at, id);
create index servers_by_region on servers (project_id, region, created_at, id);
create index servers_by_tag on servers using gin (tags);
create index servers_by_droplet on servers (droplet_ref) where droplet_ref is not null;
create index servers_by_address on servers (ip_address) where ip_address is not null;
create index servers_by_agent on servers (agent_id) where agent_id is not null;

create table server_work (
  server_id uuid primary key,
  version int not null,
  seen_version int not null default 0,
  wake_at timestamptz,
  lease_until timestamptz,
  failures int not null default 0
);
create index server_work_due on server_work (wake_at) where wake_at is not null;
`;

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql.raw(TABLES).execute(db);
};
