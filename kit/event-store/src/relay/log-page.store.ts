/**
 * The log as the relay reads it: pages of messages ready to be sent. The payload goes out byte for byte as it is stored,
 * in the version in which it was written: whoever takes the message makes it new, as readers of the log do.
 */
import { subjects, type Actor, type LoggedService } from '@citrus/contracts';
import type { Pool } from 'pg';

export type LogMessage = { readonly position: number; readonly subject: string; readonly body: Uint8Array };
/** Events right behind `after`; `isFull` says that there may be more. */
export type LogMessages = { readonly after: number; readonly messages: readonly LogMessage[]; readonly head: number; readonly isFull: boolean };

/** An atomic batch of JetStream holds no more messages. */
const MOST_EVENTS = 1000;
const FEWEST_EVENTS = 50;
/** What a broker and this process hold in memory for one page. */
const MOST_BYTES = 4 * 1024 * 1024;

type Meta = { readonly actor: Actor; readonly causationId?: string; readonly correlationId: string; readonly traceparent?: string };
type Row = [position: string, id: string, type: string, version: number, stream: string, streamVersion: string, at: Date, projectId: string | null, meta: string, data: string, head: string];

const PAGE = `
  select position, event_id, type, schema_version, stream_id, version, recorded_at, project_id, meta::text, data::text, (select log_head.position from public.log_head) as head
  from public.events where position > $1 order by position limit $2`;

/** The envelope as `read.store.ts` makes it, without decoding the payload. */
const messageOf = (service: LoggedService, [position, id, type, version, stream, streamVersion, at, projectId, meta, data]: Row): LogMessage => {
  const { actor, causationId, correlationId, traceparent } = JSON.parse(meta) as Meta;
  const fields = {
    id, type, version, stream, streamVersion: Number(streamVersion), position: Number(position), at: at.toISOString(), actor,
    ...(projectId !== null && { projectId }), causationId, correlationId, traceparent,
  };
  return { position: fields.position, subject: subjects.event(service, stream, type), body: Buffer.from(`${JSON.stringify(fields).slice(0, -1)},"data":${data}}`) };
};

/** As many as fit, at least one. */
const fitting = (messages: readonly LogMessage[]): readonly LogMessage[] => {
  let bytes = 0;
  const tooMuch = messages.findIndex(({ body }, index) => (bytes += body.length) > MOST_BYTES && index > 0);
  return tooMuch === -1 ? messages : messages.slice(0, tooMuch);
};

/** Reads page after page; where events are large it asks for fewer the next time. */
export const logReader = (pool: Pool, service: LoggedService) => {
  let limit = FEWEST_EVENTS;
  return async (after: number): Promise<LogMessages> => {
    const asked = limit;
    const { rows } = await pool.query<Row>({ name: 'relay_page', text: PAGE, values: [after, asked], rowMode: 'array' });
    const messages = fitting(rows.map((row) => messageOf(service, row)));
    limit = Math.min(MOST_EVENTS, Math.max(FEWEST_EVENTS, 2 * messages.length));
    return { after, messages, head: Number(rows[0]?.[10] ?? after), isFull: messages.length < rows.length || rows.length === asked };
  };
};

/** The id of the event at a position; undefined when the log has none there. */
export const readEventId = async (pool: Pool, position: number): Promise<string | undefined> => {
  const { rows } = await pool.query<{ event_id: string }>('select event_id from public.events where position = $1', [position]);
  return rows[0]?.event_id;
};
