/**
 * How far a feed has come: moved in one statement that also tells whether the feed was paused, and without waiting for the
 * disk. If the database server crashes in that moment the checkpoint goes back a few events, which are handled again, as
 * after any other crash; a feed that waited would be as slow as the disk.
 */
import { sql, type Kysely } from 'kysely';

export type Advanced = { /** False: somebody else has moved the checkpoint. */ readonly moved: boolean; /** Why the consumer was paused. */ readonly paused: string | null };

export const advance = async <Database>(db: Kysely<Database>, consumer: string, { from, to }: { from: number; to: number }): Promise<Advanced> => {
  const { rows } = await sql<Advanced>`
    with moved as (update checkpoints set position = ${to}, updated_at = now() where consumer = ${consumer} and version = 1 and position = ${from} returning 1)
    select exists (select from moved) as moved, (select reason from consumer_pauses where consumer = ${consumer}) as paused, set_config('synchronous_commit', 'off', true)`.execute(db);
  return rows[0] ?? { moved: false, paused: null };
};
