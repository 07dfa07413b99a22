/** Servers that no cloud made say so. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

// oxlint-disable-next-line typescript/no-explicit-any -- a migration knows no schema
export const up = async (db: Kysely<any>): Promise<void> => {
  await sql`alter table servers add column provider text not null default 'digitalocean'`.execute(db);
};
