/** Reading the log. A row becomes an envelope here and nowhere else. */
import type { Actor, EventEnvelope, HistoryRead, LogPage } from '@citrus/contracts';
import type { Pool } from 'pg';
import type { LogRequest } from '../event-store.port.ts';
import { positionBefore } from './position-at.store.ts';

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

export type StreamRead = { readonly stream: string; readonly after: number };

const STREAM = `select ${COLUMNS} from public.events where stream_id = $1 and version > $2 order by version`;
/** Each by the index, never a join that could be planned as a scan. */
const STREAMS = `
  select r.number::float8, e.* from unnest($1::text[], $2::bigint[]) with ordinality as r(stream, after, number),
    lateral (select ${COLUMNS} from public.events where events.stream_id = r.stream and events.version > r.after order by events.version) e order by r.number, e.version`;

/** Streams in order from after these versions, each event with the command that it came from. */
export const readStreams = async (pool: Pool, reads: readonly StreamRead[]): Promise<LoadedEvent[][]> => {
  const [one] = reads;
  const query = reads.length === 1 && one
    ? { name: 'read_stream', text: STREAM, values: [one.stream, one.after] }
    : { name: 'read_streams', text: STREAMS, values: [reads.map(({ stream }) => stream), reads.map(({ after }) => after)] };
  const { rows } = await pool.query<EventRow & { number?: number }>(query);
  const found: LoadedEvent[][] = reads.map(() => []);
  for (const row of rows) found[(row.number ?? 1) - 1]?.push({ event: envelopeOf(row), commandId: row.meta.commandId });
  return found;
};

/** Wherever links are kept it is found through them; the newest few events, which are not linked yet, are looked through. */
const WITH_ID = (id: string) => `position in (
  select position from public.event_links where event_id = ${id}
  union select position from public.events where event_id = ${id}
    and position > coalesce((select position from public.checkpoints where consumer = 'event-links' and version = 1), 0))`;

/** An aggregate's own streams, and the events of others whose payload names it as their server. */
const ABOUT = (id: string) => `(stream_id = any (array(select stream_id from public.streams where substr(stream_id, strpos(stream_id, '-') + 1) = ${id})) or about = ${id})`;

/** By field: the condition with the place of its parameter. */
const CONDITIONS = {
  types: (at: string) => `type = any(${at})`,
  category: (at: string) => `split_part(stream_id, '-', 1) = ${at}`,
  categories: (at: string) => `split_part(stream_id, '-', 1) = any(${at})`,
  actor: (at: string) => `meta->'actor'->>'id' = ${at}`,
  /** No pattern: a word is looked for as it stands. */
  words: (at: string) => `(select bool_and(strpos(lower(type || ' ' || stream_id || ' ' || data::text), lower(word)) > 0) from unnest(${at}::text[]) as word)`,
  id: WITH_ID,
  stream: (at: string) => `stream_id = ${at}`,
  about: ABOUT,
  projectIds: (at: string) => `project_id = any(${at})`,
} as const;

type Filter = { readonly [Field in keyof typeof CONDITIONS]?: string | readonly string[] | undefined };
type Stretch = { readonly after: number; readonly before: number; readonly from?: string | undefined; readonly until?: string | undefined; readonly direction: 'forward' | 'backward'; readonly limit: number };

/** Times become positions first, so that the primary key does the rest. */
const select = async (pool: Pool, { after, before, from, until, direction, limit }: Stretch, filter: Filter): Promise<EventRow[]> => {
  const first = from === undefined ? after : Math.max(after, await positionBefore(pool, from));
  const end = until === undefined ? before : Math.min(before, (await positionBefore(pool, until)) + 1);
  const fields = (Object.keys(CONDITIONS) as (keyof Filter)[]).filter((field) => filter[field] !== undefined);
  const conditions = fields.map((field, index) => ` and ${CONDITIONS[field](`$${index + 4}`)}`).join('');
  const { rows } = await pool.query<EventRow>({
    // What people ask differs too much for one plan; what services ask does not.
    ...(filter.projectIds === undefined && { name: `read_${direction}_${fields.join('_')}` }),
    text: `select ${COLUMNS} from public.events where position > $1 and position < $2${conditions} order by position ${direction === 'forward' ? 'asc' : 'desc'} limit $3`,
    values: [first, end, limit, ...fields.map((field) => filter[field])],
  });
  return rows;
};

/** One row where the page is empty, with nothing but the head. */
const pageWhere = (condition: string): string => `
  select h.position as head, e.* from public.log_head h
  left join lateral (select ${COLUMNS} from public.events where events.position > $1 and events.position <= h.position${condition} order by events.position limit $2) e on true order by e.position`;
const PAGE = { name: 'read_page', text: pageWhere('') };
const PAGE_OF_TYPES = { name: 'read_page_of_types', text: pageWhere(' and events.type = any($3)') };

/** What is asked most, in one statement. */
const readPage = async (pool: Pool, { after, limit, types }: { after: number; limit: number; types: readonly string[] | undefined }): Promise<LogPage> => {
  const { rows } = await pool.query<EventRow & { head: string }>(types ? { ...PAGE_OF_TYPES, values: [after, limit, types] } : { ...PAGE, values: [after, limit] });
  return { events: pageOf(rows.filter(({ position }) => position !== null)), head: Number(rows[0]?.head ?? 0) };
};

/** As it is stored; `createUpcaster` makes an old shape new. */
export const readLog = async (pool: Pool, { after, limit, types, category, from, until, id }: Omit<LogRequest, 'as'>): Promise<LogPage> => {
  if ([category, from, until, id].every((filter) => filter === undefined)) return readPage(pool, { after, limit, types });
  // The head first: what is appended between the two statements is left to the next page.
  const head = await readHead(pool);
  return { events: pageOf(await select(pool, { after, before: head + 1, from, until, direction: 'forward', limit }, { types, category, id })), head };
};

export const readHistory = async (pool: Pool, read: HistoryRead & { readonly projectIds: readonly string[] }): Promise<LogPage> => {
  const { after = 0, before = Infinity, from, until, direction, limit, projectIds, stream, about, types, category, categories, actor, words, id } = read;
  const head = await readHead(pool);
  const rows = await select(pool, { after, before: Math.min(before, head + 1), from, until, direction, limit }, { projectIds, stream, about, types, category, categories, actor, words, id });
  return { events: pageOf(rows), head };
};

/** One event, whoever it belongs to; undefined where there is none. */
export const readAt = async (pool: Pool, position: number): Promise<EventEnvelope | undefined> =>
  (await select(pool, { after: position - 1, before: position + 1, direction: 'forward', limit: 1 }, {})).map(envelopeOf)[0];
