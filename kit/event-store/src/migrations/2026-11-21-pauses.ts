/** Consumers that somebody has stopped, until they are told to go on. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

const TABLES = `
create table consumer_pauses (
  consumer text primary key,
  reason text not null,
  paused_at timestamptz not null default now()
);
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql.raw(TABLES).execute(db);
};
