/**
 * An answer of many lines of JSON. A slow reader is waited for; one who is gone ends the work. The status promises that
 * it began; whether it is complete is told by the last line: `{"problem": …}` says what is missing and why.
 */
import type { FastifyReply } from 'fastify';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { failureOf, problemJson } from '../http/problem.ts';

const PATIENCE_MS = 60_000;

export const NDJSON = 'application/x-ndjson';

export const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

type Open = { readonly raw: ServerResponse; readonly signal: AbortSignal };

const writeAll = async ({ raw, signal }: Open, lines: AsyncIterator<string, void>, first: IteratorResult<string, void>): Promise<void> => {
  for (let next = first; !next.done; next = await lines.next()) {
    signal.throwIfAborted();
    if (!raw.write(next.value)) await once(raw, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) });
  }
};

type Streaming = {
  /** Aborts with what the reader is to be told, e.g. that the session is over. */
  readonly until: AbortSignal;
  readonly correlationId: string;
  /** Gets a signal that aborts when the reader is gone or `until` does; yields one or more whole lines at a time. */
  readonly lines: (signal: AbortSignal) => AsyncGenerator<string, void>;
};

/**
 * The first lines are awaited before anything is answered, so that what cannot begin fails with its own status.
 * @throws whatever the source threw before its first line
 */
export const streamLines = async (reply: FastifyReply, { until, correlationId, lines }: Streaming): Promise<void> => {
  const { raw } = reply;
  const gone = new AbortController();
  raw.on('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, until]);
  const source = lines(signal);
  try {
    const first = await source.next();
    reply.hijack();
    raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), 'content-type': NDJSON, 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    await writeAll({ raw, signal }, source, first);
    raw.end();
  } catch (error) {
    if (!raw.headersSent) throw error;
    if (gone.signal.aborted || (error instanceof Error && error.name === 'TimeoutError')) raw.destroy();
    else raw.end(line({ problem: problemJson(failureOf(until.aborted ? until.reason : error), correlationId) }));
  } finally {
    gone.abort();
    await source.return();
  }
};
