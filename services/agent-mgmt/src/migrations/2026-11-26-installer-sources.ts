/** Which commit of each source of installers is in use, for all replicas. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

const TABLES = `
create table installer_sources (
  name text primary key,
  fingerprint text not null,
  used_fingerprint text,
  commit text,
  committed_at timestamptz,
  since timestamptz,
  contents json not null default '[]',
  due_at timestamptz not null default to_timestamp(0),
  taken_at timestamptz not null default to_timestamp(0),
  taken_by uuid,
  tried_at timestamptz,
  reason text
);
`;

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql.raw(TABLES).execute(db);
};
