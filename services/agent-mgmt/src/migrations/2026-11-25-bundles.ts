/** Bundles of apps on servers. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

const TABLES = `
create table installed_bundles (
  installed_bundle_id uuid primary key,
  project_id uuid not null,
  bundle text not null,
  version text not null,
  digest text not null,
  status text not null,
  phase text not null,
  attempt int not null,
  without_backup boolean not null,
  reason text,
  inputs json not null,
  servers json not null,
  apps json not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  updated_at timestamptz not null
);
create index installed_bundles_by_project on installed_bundles (project_id, created_at desc, installed_bundle_id desc);
create index installed_bundles_open on installed_bundles (created_at) where status in ('installing', 'uninstalling', 'cancelling');
`;

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql.raw(TABLES).execute(db);
};
