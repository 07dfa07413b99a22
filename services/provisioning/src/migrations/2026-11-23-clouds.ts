/** Cloud credentials of projects. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

const TABLES = `
alter table servers add column cloud_id uuid;
create index servers_by_cloud on servers (cloud_id) where cloud_id is not null;

create table cloud_credentials (
  id uuid primary key,
  project_id uuid not null,
  name text not null,
  kind text not null,
  base_url text,
  token_id uuid not null,
  token_end text not null,
  is_refused boolean not null,
  is_removing boolean not null,
  note text,
  account text,
  machine_limit int,
  tested_at timestamptz not null,
  rotated_at timestamptz,
  created_at timestamptz not null
);
create index cloud_credentials_by_project on cloud_credentials (project_id, created_at, id);

create table project_clouds (project_id uuid primary key, credential_id uuid);

create table cloud_tokens (id uuid primary key, credential_id uuid not null, sealed text not null, created_at timestamptz not null default now());
`;

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql.raw(TABLES).execute(db);
};
