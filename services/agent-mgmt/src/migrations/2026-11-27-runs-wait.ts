/** Which servers of a run wait for what passes by itself. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql`alter table runs add column held json not null default '[]'`.execute(db);
};
