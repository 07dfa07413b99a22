/**
 * Puts messages behind the stream's last one or not at all. Since 2.12 a server takes a page as one atomic batch
 * (ADR-50), which it writes to disk once; an older one takes single messages, of which many are under way at once. Both
 * times the server itself checks that nothing came in between, so that no second relay can do harm.
 */
import type { ApiError, PubAck } from '@nats-io/jetstream';
import { nuid, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/nats-core';
import { MsgHdrsImpl } from '@nats-io/nats-core/internal';
import type { LogMessage } from './log-page.store.ts';

/** In flight at once; they arrive in order, because one connection sends them. */
const WINDOW = 256;

/** JetStream said no; what it has must be asked anew. */
export class NotTaken extends Error {
  override readonly name = 'NotTaken';
}

/** @throws NotTaken unless it says that the last of these messages has its position for a sequence */
const checkAck = (answer: Msg, last: LogMessage): void => {
  const { error, seq } = answer.json<Partial<PubAck> & { error?: ApiError }>();
  if (error) throw new NotTaken(`JetStream did not take the events up to ${last.position}: ${error.description} (${error.err_code})`);
  if (seq !== last.position) throw new NotTaken(`JetStream gave the event at position ${last.position} the sequence ${seq}`);
};

/** Not by `headers().set`, which checks and compares every name: that costs more than the rest of a message. */
const headersOf = (fields: Record<string, string[]>): MsgHdrs => MsgHdrsImpl.fromRecord(fields);

const expecting = (stream: string, last: number) => ({ 'Nats-Expected-Stream': [stream], 'Nats-Expected-Last-Sequence': [String(last)] });

type To = { readonly nats: NatsConnection; readonly stream: string; readonly timeoutMs: number };

const publishOne = async ({ nats, stream, timeoutMs }: To, message: LogMessage): Promise<void> =>
  checkAck(await nats.request(message.subject, message.body, { headers: headersOf(expecting(stream, message.position - 1)), timeout: timeoutMs }), message);

/** Nothing or everything; the client library has such a call too, but it loses the server's reason. */
export const publishBatch = async (to: To, messages: readonly LogMessage[]): Promise<void> => {
  const { nats, stream, timeoutMs } = to;
  const last = messages.at(-1);
  const [first] = messages;
  if (!first || !last) return;
  if (first === last) return publishOne(to, first);
  const id = nuid.next();
  const inBatch = (sequence: number, more: Record<string, string[]> = {}): MsgHdrs => headersOf({ 'Nats-Batch-Id': [id], 'Nats-Batch-Sequence': [String(sequence)], ...more });
  nats.publish(first.subject, first.body, { headers: inBatch(1, expecting(stream, first.position - 1)) });
  messages.slice(1, -1).forEach(({ subject, body }, index) => nats.publish(subject, body, { headers: inBatch(index + 2) }));
  checkAck(await nats.request(last.subject, last.body, { headers: inBatch(messages.length, { 'Nats-Batch-Commit': ['1'] }), timeout: timeoutMs }), last);
};

/** @throws the first failure; those before it were taken */
export const publishWindows = async (to: To, messages: readonly LogMessage[]): Promise<void> => {
  for (let from = 0; from < messages.length; from += WINDOW) {
    const outcomes = await Promise.allSettled(messages.slice(from, from + WINDOW).map((message) => publishOne(to, message)));
    const failed = outcomes.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }
};
