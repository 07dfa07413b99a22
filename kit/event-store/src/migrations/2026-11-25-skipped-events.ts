/** Parked events that somebody had a feed do without: who, when and why. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

const TABLES = `
create table skipped_events (
  consumer text not null,
  position bigint not null,
  stream_id text not null,
  parked_because text not null,
  reason text not null,
  skipped_by text not null,
  skipped_at timestamptz not null default now(),
  primary key (consumer, position)
);
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql.raw(TABLES).execute(db);
};
