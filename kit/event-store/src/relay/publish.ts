/**
 * Puts messages behind the stream's last one or not at all. Since 2.12 a server takes a page as one atomic batch
 * (ADR-50), which it writes to disk once; an older one takes single messages, of which many are under way at once. Both
 * times the server itself checks that nothing came in between, so that no second relay can do harm.
 */
import type { ApiError, PubAck } from '@nats-io/jetstream';
import { headers, nuid, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/nats-core';
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

const expecting = (stream: string, last: number): MsgHdrs => {
  const expected = headers();
  expected.set('Nats-Expected-Stream', stream);
  expected.set('Nats-Expected-Last-Sequence', String(last));
  return expected;
};

type To = { readonly nats: NatsConnection; readonly stream: string; readonly timeoutMs: number };

const publishOne = async ({ nats, stream, timeoutMs }: To, message: LogMessage): Promise<void> =>
  checkAck(await nats.request(message.subject, message.body, { headers: expecting(stream, message.position - 1), timeout: timeoutMs }), message);

/** Nothing or everything; the client library has such a call too, but it loses the server's reason. */
export const publishBatch = async (to: To, messages: readonly LogMessage[]): Promise<void> => {
  const { nats, stream, timeoutMs } = to;
  const last = messages.at(-1);
  const [first] = messages;
  if (!first || !last) return;
  if (first === last) return publishOne(to, first);
  const batch = headers();
  const start = expecting(stream, first.position - 1);
  const id = nuid.next();
  for (const each of [batch, start]) each.set('Nats-Batch-Id', id);
  start.set('Nats-Batch-Sequence', '1');
  nats.publish(first.subject, first.body, { headers: start });
  for (let index = 1; index < messages.length - 1; index += 1) {
    const { subject, body } = messages[index] ?? last;
    // Written out at once by `publish`, so that the same headers serve for all.
    batch.set('Nats-Batch-Sequence', String(index + 1));
    nats.publish(subject, body, { headers: batch });
  }
  batch.set('Nats-Batch-Sequence', String(messages.length));
  batch.set('Nats-Batch-Commit', '1');
  checkAck(await nats.request(last.subject, last.body, { headers: batch, timeout: timeoutMs }), last);
};

/** @throws the first failure; those before it were taken */
export const publishWindows = async (to: To, messages: readonly LogMessage[]): Promise<void> => {
  for (let from = 0; from < messages.length; from += WINDOW) {
    const outcomes = await Promise.allSettled(messages.slice(from, from + WINDOW).map((message) => publishOne(to, message)));
    const failed = outcomes.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }
};
