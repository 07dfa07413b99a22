/**
 * One request over HTTP. Node's `fetch` and `WebSocket` would be 14 MB of every agent's memory, a third of what Node
 * takes by itself, for cookies, redirects and caches that an agent must not have (ADR 0032).
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { request as requestPlainly, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, type RequestOptions } from 'node:http';

export type Call = {
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  readonly signal: AbortSignal;
  /** A longer answer is no answer. */
  readonly maxBytes: number;
};
export type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer };

/** Where calls leave from, where that matters: a swarm gives each of its agents an address of its own. */
export const leavingFrom = new AsyncLocalStorage<string>();

/** TLS is only loaded where it is spoken. Each request has a connection of its own: an agent makes a few a day. */
export const openRequest = async (url: URL, options: RequestOptions): Promise<ClientRequest> => {
  const request = url.protocol === 'https:' ? (await import('node:https')).request : requestPlainly;
  const localAddress = leavingFrom.getStore();
  return request(url, { agent: false, ...options, ...(localAddress !== undefined && { localAddress }) });
};

/** Cut off in the middle it would be something else than what was sent: that throws at the end. */
export async function* piecesOf(message: IncomingMessage): AsyncGenerator<Buffer> {
  yield* message as AsyncIterable<Buffer>;
  if (!message.complete) throw new Error('the answer was cut off');
}

export const read = async (message: IncomingMessage, maxBytes: number): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of piecesOf(message)) {
    bytes += piece.length;
    if (bytes > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
};

/** Any answer, also a refusal, before its content has come; it follows no redirect. @throws when there is none. */
export const open = async (url: string, { method = 'GET', body, signal }: Omit<Call, 'maxBytes'>): Promise<Omit<Answer, 'body'> & { readonly message: IncomingMessage }> => {
  signal.throwIfAborted();
  const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const headers = { accept: 'application/json', ...(content && { 'content-type': 'application/json', 'content-length': content.length }) };
  const request = await openRequest(new URL(url), { method, signal, headers });
  const answered = Promise.withResolvers<IncomingMessage>();
  request.once('response', answered.resolve).once('error', answered.reject);
  request.end(content);
  const message = await answered.promise;
  // What goes wrong from here on is told by the message.
  request.on('error', () => undefined);
  return { status: message.statusCode ?? 0, headers: message.headers, message };
};

/** Any answer, also a refusal; it follows no redirect. @throws when there is none. */
export const call = async (url: string, { maxBytes, ...rest }: Call): Promise<Answer> => {
  const { message, ...answer } = await open(url, rest);
  return { ...answer, body: await read(message, maxBytes) };
};
