/** The answers of the last attempt to install or change an app. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql`alter table apps add column proposal json not null default '{}'`.execute(db);
};
