/** How long jobs of a kind usually take is asked with every list. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql`create index jobs_succeeded on jobs (project_id, installer, action, finished_at desc) where status = 'succeeded'`.execute(db);
};
