/** For how long an agent may be silent that was told to beat more slowly. Frozen: a change is a new migration. */
import { sql, type Kysely } from 'kysely';

export const up = async (db: Kysely<unknown>): Promise<void> => {
  await sql.raw('alter table agent_beats add column patience_ms int not null default 0').execute(db);
};
