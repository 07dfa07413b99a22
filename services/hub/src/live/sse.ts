/**
 * A stream of server-sent events to one reader. A reader who is slow is waited for, so that nothing piles up here; one
 * who does not read for half a minute, or is gone, is let go: it comes back with Last-Event-ID and misses nothing.
 */
import type { FastifyReply } from 'fastify';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

const HEARTBEAT_EVERY_MS = 10_000;
const PATIENCE_MS = 30_000;

export type SseMessage = { readonly id?: string; readonly data: unknown; /** The same object is told to many readers: it is written once for all of them. */ readonly isShared?: boolean };

/** Tells the reader something in this very moment; false, and nothing was told, when it must wait. Not while the source has yielded something. */
export type TellNow = (message: SseMessage) => boolean;
export type Source = (signal: AbortSignal, tellNow: TellNow) => AsyncIterable<SseMessage>;

/** JSON has no line breaks, so one `data` line is enough. */
export const frame = ({ id, data }: SseMessage): string => `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;

/** Readers who stand at the same place are told the same bytes, one after the other. */
let shared: { readonly id: string | undefined; readonly data: unknown; readonly bytes: Buffer } | undefined;

const bytesOf = (message: SseMessage): string | Buffer => {
  if (!message.isShared) return frame(message);
  const { id, data } = message;
  if (!shared || shared.data !== data || shared.id !== id) shared = { id, data, bytes: Buffer.from(frame(message)) };
  return shared.bytes;
};

const writeAll = async (raw: ServerResponse, messages: AsyncIterable<SseMessage>, signal: AbortSignal): Promise<void> => {
  for await (const message of messages) {
    if (signal.aborted) return;
    if (!raw.write(bytesOf(message))) await once(raw, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) });
  }
};

/**
 * Answers with what the source yields until it ends, the reader leaves or `until` aborts. The source gets a signal
 * that aborts in each of these cases, and must let go of everything then.
 */
export const stream = async (reply: FastifyReply, until: AbortSignal, source: Source): Promise<void> => {
  const { raw } = reply;
  // One of its own: a signal that is made of others is slow to ask, and it is asked for each message.
  const over = new AbortController();
  const { signal } = over;
  const stop = () => over.abort(until.reason);
  if (until.aborted) stop();
  until.addEventListener('abort', stop, { once: true });
  raw.on('close', () => over.abort());
  reply.hijack();
  // It ends with the connection: chunks cost as much as all the rest of a message.
  raw.useChunkedEncodingByDefault = false;
  raw.shouldKeepAlive = false;
  raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  raw.write('retry: 2000\n\n');
  const heartbeat = setInterval(() => !signal.aborted && !raw.writableNeedDrain && raw.write(': still here\n\n'), HEARTBEAT_EVERY_MS);
  const tellNow: TellNow = (message) => {
    const { socket } = raw;
    if (signal.aborted || !socket || socket.writableNeedDrain || raw.writableLength > 0) return false;
    // Straight to the connection: there are no chunks, and Node gathers what a response writes for a later moment.
    socket.write(bytesOf(message));
    return true;
  };
  try {
    await writeAll(raw, source(signal, tellNow), signal);
    end(raw, until);
  } catch (error) {
    if (until.aborted) return end(raw, until);
    raw.destroy();
    if (!isFarewell(error)) throw error;
  } finally {
    clearInterval(heartbeat);
    until.removeEventListener('abort', stop);
    over.abort();
  }
};

/** What waits for a slow reader is not sent any more to one who may no longer have it. */
const end = (raw: ServerResponse, until: AbortSignal): void => {
  if (until.aborted && raw.writableLength > 0) raw.destroy();
  else raw.end();
};

/** The reader left, was too slow, or the process is stopping: nothing that anybody must repair. */
const isFarewell = (error: unknown) => error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
