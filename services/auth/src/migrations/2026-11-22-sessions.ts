/**
 * Frozen: a change is a new migration. Limits that tell people from strangers, a signing key that is published before it
 * is used, API tokens, service accounts, and sign-ins with a provider that are under way.
 */
import { sql, type Kysely } from 'kysely';

const CHANGES = `
create table sign_in_counters (
  key text primary key,
  failures int not null,
  last_at timestamptz not null,
  paused_until timestamptz,
  forget_at timestamptz not null
);
create index sign_in_counters_by_end on sign_in_counters (forget_at);
create table sign_in_acquaintances (
  key text primary key,
  known_until timestamptz not null
);
create index sign_in_acquaintances_by_end on sign_in_acquaintances (known_until);

alter table signing_keys add column is_next boolean not null default false;
alter table signing_keys add column retired_at timestamptz;
create unique index one_next_signing_key on signing_keys (is_next) where is_next;
update signing_keys set retired_at = now() where not is_current;

create index sessions_open_by_user on sessions (user_id) where closed_at is null;

create table api_tokens (
  token_id uuid primary key,
  user_id uuid not null,
  name jsonb not null,
  secret_hash text not null,
  scopes jsonb not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  end_reason text
);
create index api_tokens_by_user on api_tokens (user_id, created_at);
create table api_token_uses (
  token_id uuid primary key,
  last_used_at timestamptz not null
);

create table service_accounts (
  user_id uuid primary key,
  project_id uuid not null,
  name text not null,
  role text not null,
  created_at timestamptz not null
);
create index service_accounts_by_project on service_accounts (project_id, created_at);

create table oidc_attempts (
  state_hash text primary key,
  sealed text not null,
  expires_at timestamptz not null
);
create index oidc_attempts_by_end on oidc_attempts (expires_at);
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql.raw(CHANGES).execute(db);
};
