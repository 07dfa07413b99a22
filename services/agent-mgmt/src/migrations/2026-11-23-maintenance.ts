/** Servers that nobody brings a job to for a while. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql`alter table servers add column in_maintenance boolean not null default false`.execute(db);
};
