/** Jobs that wait for other jobs, and what they hand on. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

const TABLES = `
alter table jobs add column after_jobs uuid[] not null default '{}';
alter table jobs add column outputs jsonb not null default '{}';
create index jobs_that_wait on jobs (job_id) where status = 'queued' and after_jobs <> '{}';
`;

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql.raw(TABLES).execute(db);
};
