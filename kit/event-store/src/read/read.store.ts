/** Reading the log. A row becomes an envelope here and nowhere else. */
import type { Actor, EventEnvelope, HistoryRead, LogPage } from '@citrus/contracts';
import type { Pool } from 'pg';
import type { LogRequest } from '../event-store.port.ts';

type Meta = { commandId: string; actor: Actor; correlationId: string; causationId?: string; traceparent?: string };
export type EventRow = {
  position: string; stream_id: string; version: string; event_id: string; type: string; schema_version: number;
  data: Record<string, unknown>; meta: Meta; project_id: string | null; recorded_at: Date; bytes: number;
};
export type LoadedEvent = { readonly event: EventEnvelope; readonly commandId: string };

export const COLUMNS =
  'position, stream_id, version, event_id, type, schema_version, data, meta, project_id, recorded_at, octet_length(data::text) + octet_length(meta::text) as bytes';

/** A page travels in one NATS message, of at most 1 MB; an event's envelope adds to its payload. */
const MOST_PAGE_BYTES = 700_000;
const ENVELOPE_BYTES = 400;

export const envelopeOf = (row: EventRow): EventEnvelope => ({
  id: row.event_id,
  type: row.type,
  version: row.schema_version,
  stream: row.stream_id,
  streamVersion: Number(row.version),
  position: Number(row.position),
  at: row.recorded_at.toISOString(),
  actor: row.meta.actor,
  ...(row.project_id !== null && { projectId: row.project_id }),
  ...(row.meta.causationId !== undefined && { causationId: row.meta.causationId }),
  correlationId: row.meta.correlationId,
  ...(row.meta.traceparent !== undefined && { traceparent: row.meta.traceparent }),
  data: row.data,
});

/** As many as fit in a page, at least one. */
const pageOf = (rows: readonly EventRow[]): EventEnvelope[] => {
  let bytes = 0;
  const tooMuch = rows.findIndex((row, index) => (bytes += row.bytes + ENVELOPE_BYTES) > MOST_PAGE_BYTES && index > 0);
  return rows.slice(0, tooMuch === -1 ? rows.length : tooMuch).map(envelopeOf);
};

export const readHead = async (pool: Pool): Promise<number> => {
  const { rows } = await pool.query<{ position: string }>('select position from public.log_head');
  return Number(rows[0]?.position ?? 0);
};

/** A stream in order, each event with the command that it came from. */
export const readStream = async (pool: Pool, stream: string): Promise<LoadedEvent[]> => {
  const { rows } = await pool.query<EventRow>({ name: 'read_stream', text: `select ${COLUMNS} from public.events where stream_id = $1 order by version`, values: [stream] });
  return rows.map((row) => ({ event: envelopeOf(row), commandId: row.meta.commandId }));
};

/** As it is stored; `createUpcaster` makes an old shape new. */
export const readLog = async (pool: Pool, { after, limit, types }: Omit<LogRequest, 'as'>): Promise<LogPage> => {
  // The head first: what is appended between the two statements is left to the next page.
  const head = await readHead(pool);
  const { rows } = await pool.query<EventRow>({
    name: 'read_log',
    text: `select ${COLUMNS} from public.events where position > $1 and position <= $2 and ($3::text[] is null or type = any($3)) order by position limit $4`,
    values: [after, head, types ?? null, limit],
  });
  return { events: pageOf(rows), head };
};

/** An aggregate's own streams, and the events of others whose payload names it as their server. */
const ABOUT = `(stream_id = any (array(select stream_id from public.streams where substr(stream_id, strpos(stream_id, '-') + 1) = $6)) or about = $6)`;

export const readHistory = async (pool: Pool, read: HistoryRead & { readonly projectIds: readonly string[] }): Promise<LogPage> => {
  const head = await readHead(pool);
  const isForward = read.direction === 'forward';
  const { rows } = await pool.query<EventRow>(
    `select ${COLUMNS} from public.events
     where position > $1 and position < $2 and project_id = any($3)
       and ($4::text is null or stream_id = $4) and ($5::text[] is null or type = any($5)) and ${read.about === undefined ? '$6::text is null' : ABOUT}
     order by position ${isForward ? 'asc' : 'desc'} limit $7`,
    [read.after ?? 0, Math.min(read.before ?? Infinity, head + 1), read.projectIds, read.stream ?? null, read.types ?? null, read.about ?? null, read.limit],
  );
  return { events: pageOf(rows), head };
};
