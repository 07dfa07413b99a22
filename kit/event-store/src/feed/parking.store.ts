/** Events that a feed's reactor could not handle. Later events of the same stream wait behind them, to keep their order. */
import type { EventEnvelope } from '@citrus/contracts';
import { sql, type Kysely, type Transaction } from 'kysely';

export const park = async <Database>(db: Kysely<Database>, consumer: string, event: EventEnvelope, reason: string): Promise<void> => {
  await sql`
    insert into parked_events (consumer, position, stream_id, reason, event)
    values (${consumer}, ${event.position}, ${event.stream}, ${reason}, ${JSON.stringify(event)}) on conflict do nothing`.execute(db);
};

export const unpark = async <Database>(db: Kysely<Database>, consumer: string, position: number): Promise<void> => {
  await sql`delete from parked_events where consumer = ${consumer} and position = ${position}`.execute(db);
};

export const countParked = async <Database>(db: Kysely<Database>, consumer: string, stream?: string): Promise<number> => {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from parked_events where consumer = ${consumer} and (${stream ?? null}::text is null or stream_id = ${stream ?? null})`.execute(db);
  return rows[0]?.count ?? 0;
};

export const readParked = async <Database>(db: Kysely<Database>, consumer: string): Promise<EventEnvelope[]> => {
  const { rows } = await sql<{ event: EventEnvelope }>`select event from parked_events where consumer = ${consumer} order by position`.execute(db);
  return rows.map(({ event }) => event);
};

export type ParkedRow = { readonly position: number; readonly event: EventEnvelope; readonly reason: string; readonly parkedAt: Date };

/** The first ones, with why they are here. */
export const listParked = async <Database>(db: Kysely<Database>, consumer: string, limit: number): Promise<ParkedRow[]> => {
  const { rows } = await sql<Omit<ParkedRow, 'position'> & { position: string }>`
    select position, event, reason, parked_at as "parkedAt" from parked_events where consumer = ${consumer} order by position limit ${limit}`.execute(db);
  return rows.map((row) => ({ ...row, position: Number(row.position) }));
};

export type Skip = { readonly position: number; readonly reason: string; readonly by: string };

/** False when it is not parked: handled or skipped by now. */
export const skipParked = <Database>(db: Kysely<Database>, consumer: string, { position, reason, by }: Skip): Promise<boolean> =>
  db.transaction().execute(async (trx: Transaction<Database>) => {
    const { numAffectedRows } = await sql`
      with skipped as (delete from parked_events where consumer = ${consumer} and position = ${position} returning *)
      insert into skipped_events (consumer, position, stream_id, parked_because, reason, skipped_by)
      select consumer, position, stream_id, reason, ${reason}, ${by} from skipped on conflict do nothing`.execute(trx);
    return (numAffectedRows ?? 0n) > 0n;
  });
