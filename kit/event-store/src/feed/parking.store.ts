/** Events that a feed's reactor could not handle. Later events of the same stream wait behind them, to keep their order. */
import type { EventEnvelope } from '@citrus/contracts';
import { sql, type Kysely } from 'kysely';

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
