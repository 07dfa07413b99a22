/** The first tables of agent-mgmt. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

const READ_MODELS = `
create table agents (
  agent_id text primary key,
  server_id uuid not null,
  project_id uuid not null,
  box_key text not null,
  status text not null,
  connected_at timestamptz,
  facts json,
  updated_at timestamptz not null
);
create index agents_by_server on agents (server_id);
create index agents_by_project on agents (project_id, agent_id);

create table jobs (
  job_id uuid primary key,
  project_id uuid not null,
  server_id uuid not null,
  agent_id text not null,
  installer text not null,
  installer_version text not null,
  installer_digest text not null,
  action text not null,
  inputs json not null,
  status text not null,
  attempt int not null,
  exit_code int,
  reason text,
  priority text not null,
  priority_rank smallint not null,
  not_before timestamptz not null,
  expires_at timestamptz not null,
  correlation_id text not null,
  traceparent text,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz not null
);
create index jobs_by_project on jobs (project_id, created_at desc, job_id desc);
create index jobs_by_server on jobs (server_id, created_at desc, job_id desc);
create index jobs_waiting on jobs (agent_id, priority_rank, created_at) where status = 'queued';
create index jobs_open on jobs (agent_id) where status in ('dispatched', 'running', 'cancelling');

create table servers (
  server_id uuid primary key,
  project_id uuid not null,
  agent_id text not null,
  status text not null
);
`;

const DISPATCH = `
create table agent_beats (
  agent_id text primary key,
  seen_at timestamptz not null
) with (fillfactor = 70);

create table leases (
  agent_id text primary key,
  job_id uuid not null,
  attempt int not null,
  lease_until timestamptz not null,
  check_at timestamptz not null
) with (fillfactor = 70);
create index leases_by_check on leases (check_at);
create index leases_by_job on leases (job_id);
`;

const SECRETS_AND_BUNDLES = `
create table job_keys (
  job_id uuid primary key,
  sealed_key text not null
);

create table command_keys (
  key_id text primary key,
  public_key text not null,
  sealed_private_key text not null,
  created_at timestamptz not null default now()
);

create table bundles (
  digest text primary key,
  json text not null,
  created_at timestamptz not null default now()
);

create table installer_reloads (
  one boolean primary key check (one),
  generation int not null
);
`;

const LOGS = `
create table job_log (
  job_id uuid not null,
  attempt int not null,
  seq int not null,
  at timestamptz not null,
  text text not null,
  progress_percent real,
  progress_text text,
  cursor bigint,
  primary key (job_id, attempt, seq)
);
create unique index job_log_by_cursor on job_log (job_id, cursor) where cursor is not null;
create index job_log_waiting on job_log (job_id, attempt, seq) where cursor is null;

create table job_log_heads (
  job_id uuid primary key,
  last_cursor bigint not null
) with (fillfactor = 70);

create table job_log_attempts (
  job_id uuid not null,
  attempt int not null,
  released_seq int not null default 0,
  bytes bigint not null default 0,
  expected_chunks int,
  expected_digest text,
  ended_at timestamptz,
  completed_at timestamptz,
  check_at timestamptz,
  checks int not null default 0,
  primary key (job_id, attempt)
) with (fillfactor = 70);
create index job_log_attempts_by_check on job_log_attempts (check_at) where check_at is not null;
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  for (const statements of [READ_MODELS, DISPATCH, SECRETS_AND_BUNDLES, LOGS]) await sql.raw(statements).execute(db);
};
