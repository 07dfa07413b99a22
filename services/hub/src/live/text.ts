/**
 * A long text in pieces, as a browser shows or saves it. A slow reader is waited for. A text that cannot be told to its
 * end breaks the connection: what is only half of it must not look like all of it.
 */
import type { FastifyReply } from 'fastify';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

const PATIENCE_MS = 60_000;

export type Text = {
  /** What it is saved as; letters, digits, dots and dashes. */
  readonly name: string;
  /** Gets a signal that aborts when the reader is gone or may not read on. */
  readonly pieces: (signal: AbortSignal) => AsyncGenerator<string, void>;
};

const writeAll = async (raw: ServerResponse, { pieces, first, signal }: { pieces: AsyncIterator<string, void>; first: IteratorResult<string, void>; signal: AbortSignal }): Promise<void> => {
  for (let next = first; !next.done; next = await pieces.next()) {
    signal.throwIfAborted();
    if (!raw.write(next.value)) await once(raw, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) });
  }
};

/**
 * The first piece is awaited before anything is answered, so that what cannot begin fails with its own status.
 * @throws whatever the source threw before its first piece
 */
export const streamText = async (reply: FastifyReply, until: AbortSignal, { name, pieces }: Text): Promise<void> => {
  const { raw } = reply;
  const gone = new AbortController();
  raw.on('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, until]);
  const source = pieces(signal);
  try {
    const first = await source.next();
    reply.hijack();
    raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), 'content-type': 'text/plain; charset=utf-8', 'content-disposition': `inline; filename="${name}"`, 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    await writeAll(raw, { pieces: source, first, signal });
    raw.end();
  } catch (error) {
    if (!raw.headersSent) throw error;
    raw.destroy();
  } finally {
    gone.abort();
    await source.return();
  }
};
