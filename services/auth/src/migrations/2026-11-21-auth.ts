/** Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

const TABLES = `
create table users (
  user_id uuid primary key,
  email text not null unique,
  name text not null,
  sealed_password text not null,
  created_at timestamptz not null
);
create table memberships (
  user_id uuid not null,
  project_id uuid not null,
  role text not null,
  primary key (user_id, project_id)
);
create table sessions (
  session_id uuid primary key,
  user_id uuid not null,
  address text not null,
  started_at timestamptz not null,
  refreshed_at timestamptz not null,
  expires_at timestamptz not null,
  closed_at timestamptz,
  close_reason text
);
create index sessions_by_user on sessions (user_id, started_at);

create table enrolments (
  server_id uuid primary key,
  project_id uuid not null,
  agent_id text not null,
  attempt int not null,
  expires_at timestamptz not null,
  nkey text,
  box_key text,
  enrolled_at timestamptz,
  refused_keys int not null default 0
);
create index enrolments_by_agent on enrolments (agent_id);

create table signing_keys (
  key_id text primary key,
  public_key text not null,
  sealed_private_key text not null,
  is_current boolean not null,
  created_at timestamptz not null
);
create unique index one_current_signing_key on signing_keys (is_current) where is_current;

create table sign_in_failures (
  key text primary key,
  failures int not null,
  window_ends_at timestamptz not null
);
create index sign_in_failures_by_end on sign_in_failures (window_ends_at);
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql.raw(TABLES).execute(db);
};
