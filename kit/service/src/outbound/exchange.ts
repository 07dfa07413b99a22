/** One POST to an address that was checked, with a limit on everything that the other side decides. */
import { request as httpRequest, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Address } from './resolve.ts';
import type { Target } from './target.ts';

export type Limits = { readonly connectMs: number; readonly headersMs: number; readonly bodyMs: number };
export const USUAL_LIMITS: Limits = { connectMs: 5000, headersMs: 15_000, bodyMs: 5000 };

/** Read at most so much of an answer, and keep only its beginning. */
const MOST_BYTES_READ = 65_536;
export const MOST_BYTES_KEPT = 4096;

export type Outcome =
  | { readonly kind: 'answered'; readonly status: number; /** The beginning of it, as text that a database can hold. */ readonly text: string; readonly retryAfterMs: number | null; readonly durationMs: number }
  /** `code` is `address.…`, `connection.…`, `tls.…`, `timeout.…` or `answer.…`; `reason` is for people. */
  | { readonly kind: 'failed'; readonly code: string; readonly reason: string; readonly durationMs: number };

export type Message = { readonly headers: Readonly<Record<string, string>>; readonly body: Buffer };
export type Exchange = { readonly target: Target; readonly addresses: readonly Address[]; readonly message: Message; readonly limits: Limits; readonly ca?: string | undefined };

class Failed extends Error {
  override readonly name = 'Failed';
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

/** Nothing is resolved again: the addresses are those that were checked. */
const lookupOf = (addresses: readonly Address[]): LookupFunction => (_host, options, callback) => {
  if (options.all) callback(null, addresses.map(({ address, family }) => ({ address, family })));
  else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
};

const optionsOf = ({ target: { url, host, port, isTls }, addresses, message, ca }: Exchange): RequestOptions => ({
  method: 'POST', host, port, path: `${url.pathname}${url.search}`, lookup: lookupOf(addresses), agent: false,
  headers: { ...message.headers, host: url.host, 'content-length': message.body.byteLength, connection: 'close' },
  ...(isTls && ca !== undefined && { ca }),
});

const TLS_CODES = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO)/;

const failureOf = (error: unknown): { readonly code: string; readonly reason: string } => {
  if (error instanceof Failed) return { code: error.code, reason: error.message };
  const { code = 'unknown' } = error as { code?: string };
  if (TLS_CODES.test(code)) return { code: 'tls.failed', reason: `The encrypted connection was not made (${code}). Look at the certificate of the receiver.` };
  if (code.startsWith('HPE_')) return { code: 'answer.broken', reason: `What came back is not HTTP (${code}).` };
  if (code === 'ECONNREFUSED') return { code: 'connection.refused', reason: 'Nobody listens at this address.' };
  return { code: 'connection.failed', reason: `The connection failed (${code}).` };
};

/** Ends the request when the next thing does not happen in time. */
const createWatch = (request: ClientRequest) => {
  let timer: NodeJS.Timeout | undefined;
  let expired: Failed | undefined;
  return {
    /** What did not happen; the error that is thrown then may be another one. */
    expired: () => expired,
    next: (afterMs: number, code: string, what: string): void => {
      clearTimeout(timer);
      timer = setTimeout(() => request.destroy((expired = new Failed(code, `${what} within ${afterMs / 1000} seconds.`))), afterMs);
    },
    end: (): void => clearTimeout(timer),
  };
};

const responseTo = (request: ClientRequest, watch: ReturnType<typeof createWatch>, { target, message, limits }: Exchange): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    watch.next(limits.connectMs, 'timeout.connect', 'The connection was not made');
    request.once('socket', (socket) => socket.once(target.isTls ? 'secureConnect' : 'connect', () => watch.next(limits.headersMs, 'timeout.answer', 'No answer came')));
    request.once('response', resolve);
    request.once('error', reject);
    request.once('close', () => reject(new Failed('answer.none', 'The connection was closed without an answer.')));
    request.end(message.body);
  });

/** NUL is the one character that no column holds; bytes that are no text become the sign for that. */
const textOf = (bytes: Buffer): string => bytes.toString('utf8').replaceAll('\0', '\uFFFD');

const beginningOf = async (response: IncomingMessage): Promise<string> => {
  const kept: Buffer[] = [];
  let read = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (read < MOST_BYTES_KEPT) kept.push(chunk.subarray(0, MOST_BYTES_KEPT - read));
    read += chunk.byteLength;
    if (read >= MOST_BYTES_READ) break;
  }
  return textOf(Buffer.concat(kept));
};

/** Seconds only; dates are not worth their clocks. */
const retryAfterOf = ({ headers }: IncomingMessage): number | null => (/^\d{1,6}$/.test(headers['retry-after'] ?? '') ? Number(headers['retry-after']) * 1000 : null);

/** Never throws for what the other side does. */
export const exchange = async (asked: Exchange): Promise<Outcome> => {
  const startedAt = performance.now();
  const durationMs = (): number => Math.round(performance.now() - startedAt);
  const request = (asked.target.isTls ? httpsRequest : httpRequest)(optionsOf(asked));
  const watch = createWatch(request);
  try {
    const response = await responseTo(request, watch, asked);
    // From here on an error ends the reading below; without a listener it would end the process.
    request.on('error', () => undefined);
    watch.next(asked.limits.bodyMs, 'timeout.body', 'The answer was not complete');
    const text = await beginningOf(response);
    return { kind: 'answered', status: response.statusCode ?? 0, text, retryAfterMs: retryAfterOf(response), durationMs: durationMs() };
  } catch (error) {
    return { kind: 'failed', ...failureOf(watch.expired() ?? error), durationMs: durationMs() };
  } finally {
    watch.end();
    request.destroy();
  }
};
