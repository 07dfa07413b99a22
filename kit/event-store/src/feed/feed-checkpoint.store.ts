/**
 * How far feeds have come: moved in one statement that also tells which of them were paused, and without waiting for the
 * disk. If the database server crashes in that moment the checkpoint goes back a few events, which are handled again, as
 * after any other crash; a feed that waited would be as slow as the disk.
 */
import { sql, type Kysely } from 'kysely';
import { gather } from '../database/gather.ts';

export type Move = { readonly consumer: string; readonly from: number; readonly to: number };
export type Advanced = { /** False: somebody else has moved the checkpoint. */ readonly moved: boolean; /** Why the consumer was paused. */ readonly paused: string | null };

/** Each from where it stood, whatever becomes of the others; answers in the order of the moves. */
export const advanceAll = async <Database>(db: Kysely<Database>, moves: readonly Move[]): Promise<Advanced[]> => {
  const [consumers, from, to] = [moves.map(({ consumer }) => consumer), moves.map((move) => move.from), moves.map((move) => move.to)];
  const { rows } = await sql<Advanced & { consumer: string }>`
    with asked as (select * from unnest(${consumers}::text[], ${from}::bigint[], ${to}::bigint[]) as asked (consumer, stood, goes)),
      moved as (update checkpoints c set position = a.goes, updated_at = now() from asked a where c.consumer = a.consumer and c.version = 1 and c.position = a.stood returning c.consumer)
    select a.consumer, m.consumer is not null as moved, p.reason as paused, set_config('synchronous_commit', 'off', true)
    from asked a left join moved m on m.consumer = a.consumer left join consumer_pauses p on p.consumer = a.consumer`.execute(db);
  return moves.map(({ consumer }) => rows.find((row) => row.consumer === consumer) ?? { moved: false, paused: null });
};

/** One for each database of the process: feeds that save in the same moment are one statement. */
const gatherings = new WeakMap<object, (move: Move) => Promise<Advanced>>();

export const advance = <Database>(db: Kysely<Database>, move: Move): Promise<Advanced> => {
  const together = gatherings.get(db) ?? gather((moves: readonly Move[]) => advanceAll(db, moves));
  gatherings.set(db, together);
  return together(move);
};
