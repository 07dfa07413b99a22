/** What is known of the agents' beats, which may tell only what has changed. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

const TABLE = `
create table agent_beats (
  agent_id text primary key,
  run bigint not null,
  base bigint not null,
  seq bigint not null,
  whole json not null,
  now json not null,
  heard_at timestamptz not null,
  patience_ms int not null
) with (fillfactor = 70);
`;

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql.raw(TABLE).execute(db);
};
