/** What projects may have made for them. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql`create table project_quotas (project_id uuid primary key, servers int, creations_per_hour int, stream_version int not null)`.execute(db);
};
