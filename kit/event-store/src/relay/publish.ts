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
/** What this process and the broker hold of them; a page of a few large events must not pile up on others. */
const WINDOW_BYTES = 4 * 1024 * 1024;

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

/**
 * Single messages, each sent without waiting for the answer to the one before: an answer takes a write to the broker's
 * disk. Safe because each is taken only behind its predecessor: after one that was refused or lost all others are refused.
 */
export const createPipe = (to: To, { onTaken, onFailed }: { readonly onTaken: (position: number) => void; readonly onFailed: () => void }) => {
  const underWay = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  let bytes = 0;

  /** @throws the first failure */
  const check = (): void => {
    if (failure) throw failure.error;
  };
  const isFull = (): boolean => underWay.size >= WINDOW || bytes >= WINDOW_BYTES;
  const publish = async (message: LogMessage): Promise<void> => {
    bytes += message.body.length;
    try {
      await publishOne(to, message);
      if (!failure) onTaken(message.position);
    } catch (error) {
      if (failure) return;
      failure = { error };
      onFailed();
    } finally {
      bytes -= message.body.length;
    }
  };

  return {
    check,
    isEmpty: (): boolean => underWay.size === 0,
    /** Resolves when the last of them is sent. @throws the first failure of any that was under way */
    send: async (messages: readonly LogMessage[]): Promise<void> => {
      for (const message of messages) {
        while (isFull()) await underWay.values().next().value;
        check();
        const sent = publish(message).finally(() => underWay.delete(sent));
        underWay.add(sent);
      }
    },
    /** Until all that was sent is taken. @throws the first failure */
    settle: async (): Promise<void> => {
      await Promise.all(underWay);
      check();
    },
    /** Until every answer is here or not waited for any more; whatever failed is forgotten. */
    clear: async (): Promise<void> => {
      await Promise.all(underWay);
      failure = undefined;
    },
  };
};
