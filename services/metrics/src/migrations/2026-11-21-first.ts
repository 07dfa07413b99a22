/** The first tables of metrics. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

const TABLES = `
create table samples (
  agent_id text not null,
  at timestamptz not null,
  cpu_percent double precision not null,
  load1 double precision not null,
  memory_used_bytes bigint not null,
  memory_total_bytes bigint not null,
  disk_used_bytes bigint not null,
  disk_total_bytes bigint not null,
  network_in_bytes bigint not null,
  network_out_bytes bigint not null,
  primary key (agent_id, at)
);
create index samples_by_time on samples using brin (at);

create table agents (
  agent_id text primary key,
  server_id uuid not null,
  project_id uuid not null,
  registered_at timestamptz not null
);
create index agents_by_server on agents (server_id);

create table jobs (
  job_id uuid primary key,
  app text not null,
  action text not null,
  -- Null until it has ended.
  result text
);
create index jobs_by_result on jobs (app, action, result);
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql.raw(TABLES).execute(db);
};
