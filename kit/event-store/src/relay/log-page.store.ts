/**
 * The log as the relay reads it: pages of messages ready to be sent. The payload goes out byte for byte as it is stored,
 * in the version in which it was written: whoever takes the message makes it new, as readers of the log do.
 */
import { subjects, type Actor, type LoggedService } from '@citrus/contracts';
import type { Pool } from 'pg';

export type LogMessage = { readonly position: number; readonly subject: string; readonly body: Uint8Array };
/** Events right behind `after`; `isFull` says that there may be more. */
export type LogMessages = { readonly after: number; readonly messages: readonly LogMessage[]; readonly head: number; readonly isFull: boolean };

/** An atomic batch of JetStream holds no more messages than the largest. */
const PAGES = [50, 200, 1000] as const;
/** What a broker and this process hold in memory for one page. */
const MOST_BYTES = 4 * 1024 * 1024;

type Meta = { readonly actor: Actor; readonly causationId?: string; readonly correlationId: string; readonly traceparent?: string };
type Row = [position: number, id: string, type: string, version: number, stream: string, streamVersion: number, at: number, projectId: string | null, meta: string, data: string, head: number];

/**
 * Numbers as float8, because bigints and times come as texts that have to be parsed. The limit stands in the text: with a
 * parameter the planner takes it for a tenth of the log and plans every page anew, which takes longer than reading it.
 */
const pageOf = (limit: number): string => `
  select position::float8, event_id, type, schema_version, stream_id, version::float8, date_part('epoch', recorded_at) * 1000, project_id, meta::text, data::text,
    (select log_head.position::float8 from public.log_head) as head
  from public.events where events.position > $1 order by events.position limit ${limit}`;

/** The part of the envelope that all events of one append share. */
const contextOf = (meta: string): string => {
  const { actor, causationId, correlationId, traceparent } = JSON.parse(meta) as Meta;
  return JSON.stringify({ actor, causationId, correlationId, traceparent }).slice(1, -1);
};

/**
 * The envelope as `read.store.ts` makes it, without decoding the payload. Put together as text: the log takes no id,
 * type or stream that would have to be quoted.
 */
const messageWriter = (service: LoggedService) => {
  let [meta, context] = ['', ''];
  return ([position, id, type, version, stream, streamVersion, at, projectId, ownMeta, data]: Row): LogMessage => {
    if (ownMeta !== meta) [meta, context] = [ownMeta, contextOf(ownMeta)];
    const project = projectId === null ? '' : `"projectId":"${projectId}",`;
    const body = `{"id":"${id}","type":"${type}","version":${version},"stream":"${stream}","streamVersion":${streamVersion},"position":${position},"at":"${new Date(Math.round(at)).toISOString()}",${project}${context},"data":${data}}`;
    return { position, subject: subjects.event(service, stream, type), body: Buffer.from(body) };
  };
};

/** As many as fit, at least one. */
const fitting = (messages: readonly LogMessage[]): readonly LogMessage[] => {
  let bytes = 0;
  const tooMuch = messages.findIndex(({ body }, index) => (bytes += body.length) > MOST_BYTES && index > 0);
  return tooMuch === -1 ? messages : messages.slice(0, tooMuch);
};

/** Reads page after page; where events are large it asks for fewer the next time. */
export const logReader = (pool: Pool, service: LoggedService) => {
  let limit: number = PAGES[0];
  const messageOf = messageWriter(service);
  return async (after: number): Promise<LogMessages> => {
    const asked = limit;
    const { rows } = await pool.query<Row>({ name: `relay_page_${asked}`, text: pageOf(asked), values: [after], rowMode: 'array' });
    const messages = fitting(rows.map(messageOf));
    limit = PAGES.find((page) => page >= 2 * messages.length) ?? PAGES[PAGES.length - 1] ?? asked;
    return { after, messages, head: rows[0]?.[10] ?? after, isFull: messages.length < rows.length || rows.length === asked };
  };
};

/** The id of the event at a position; undefined when the log has none there. */
export const readEventId = async (pool: Pool, position: number): Promise<string | undefined> => {
  const { rows } = await pool.query<{ event_id: string }>('select event_id from public.events where position = $1', [position]);
  return rows[0]?.event_id;
};
