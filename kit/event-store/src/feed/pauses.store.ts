/**
 * Stopping a consumer (a feed or a projection) on purpose: a row that all its replicas see and that outlives them. A
 * paused consumer keeps its checkpoint and goes on from there.
 */
import { sql, type Kysely, type Transaction } from 'kysely';

export type Pause = { readonly reason: string; readonly since: Date };

/**
 * Waits for the page at hand, so that a consumer that reads its pause under the lock of its checkpoint applies nothing
 * after this has returned. Pausing again changes the reason.
 */
export const pauseConsumer = <Database>(db: Kysely<Database>, consumer: string, reason: string): Promise<void> =>
  db.transaction().execute(async (trx: Transaction<Database>) => {
    await sql`select from checkpoints where consumer = ${consumer} for update`.execute(trx);
    await sql`insert into consumer_pauses (consumer, reason) values (${consumer}, ${reason}) on conflict (consumer) do update set reason = excluded.reason`.execute(trx);
  });

/** Rings the bell of the log's readers, so that a projection goes on at once. */
export const resumeConsumer = async <Database>(db: Kysely<Database>, consumer: string): Promise<void> => {
  await sql`delete from consumer_pauses where consumer = ${consumer}`.execute(db);
  await sql`select pg_notify('event_log', '')`.execute(db);
};

/** Undefined: it may work. */
export const readPause = async <Database>(db: Kysely<Database>, consumer: string): Promise<Pause | undefined> => {
  const { rows } = await sql<Pause>`select reason, paused_at as since from consumer_pauses where consumer = ${consumer}`.execute(db);
  return rows[0];
};
