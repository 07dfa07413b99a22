/** Where each reader of a log stands, and the events that a reader could not handle. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

const TABLES = `
create table checkpoints (
  consumer text not null,
  version int not null,
  position bigint not null,
  updated_at timestamptz not null default now(),
  primary key (consumer, version)
);

create table parked_events (
  consumer text not null,
  position bigint not null,
  stream_id text not null,
  reason text not null,
  event json not null,
  parked_at timestamptz not null default now(),
  primary key (consumer, position)
);
create index parked_events_by_stream on parked_events (consumer, stream_id);
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql.raw(TABLES).execute(db);
};
