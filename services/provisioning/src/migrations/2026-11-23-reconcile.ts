/** The last comparison of the fleet with the log. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql`create table fleet_report (id text primary key, ran_at timestamptz, lease_until timestamptz, report jsonb)`.execute(db);
};
