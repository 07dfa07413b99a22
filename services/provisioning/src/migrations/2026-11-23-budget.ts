/** What each cloud credential has spent of its limits, for all replicas. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql`create table cloud_budget (id text primary key, version int not null, account jsonb not null) with (fillfactor = 50)`.execute(db);
};
