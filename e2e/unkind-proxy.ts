/** A proxy before the hub that mistreats what it answers, connection after connection, as it was told; then it is kind. */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Mishap =
  /** Breaks off after so many bytes. */
  | { readonly kind: 'cut'; readonly after: number }
  /** Ends properly, which is no end of what was to be told. */
  | { readonly kind: 'end'; readonly after: number }
  | { readonly kind: 'busy' }
  /** Every message twice. */
  | { readonly kind: 'twice'; readonly after: number }
  /** In pieces of so many bytes, then it breaks off. */
  | { readonly kind: 'crumbs'; readonly of: number; readonly after: number };

export type Proxy = { readonly url: string; close(): Promise<void> };
type Hub = { readonly port: number; readonly token: () => string };

const twice = () => {
  let rest = '';
  const decoder = new TextDecoder();
  return (bytes: Buffer): Buffer => {
    const messages = (rest + decoder.decode(bytes, { stream: true })).split('\n\n');
    rest = messages.pop() ?? '';
    return Buffer.from(messages.map((message) => `${message}\n\n${message}\n\n`).join(''));
  };
};

const passOn = async (from: IncomingMessage, to: ServerResponse, mishap: Mishap | undefined): Promise<void> => {
  const change = mishap?.kind === 'twice' ? twice() : (bytes: Buffer) => bytes;
  let left = mishap && 'after' in mishap ? mishap.after : Number.POSITIVE_INFINITY;
  to.writeHead(from.statusCode ?? 502, { 'content-type': from.headers['content-type'] ?? '' });
  for await (const bytes of from) {
    const told = change(bytes as Buffer).subarray(0, left);
    left -= told.length;
    const step = mishap?.kind === 'crumbs' ? mishap.of : Math.max(1, told.length);
    for (let at = 0; at < told.length; at += step) to.write(told.subarray(at, at + step));
    if (left > 0) continue;
    from.destroy();
    if (mishap?.kind === 'end') to.end();
    // What was written is on its way; what breaks is the connection.
    else to.write('', () => setImmediate(() => to.destroy()));
    return;
  }
  to.end();
};

export const startUnkindProxy = async (hub: Hub, mishaps: readonly Mishap[]): Promise<Proxy> => {
  const waiting = [...mishaps];
  const server = createServer((incoming, answer) => {
    const mishap = waiting.shift();
    if (mishap?.kind === 'busy') return void answer.writeHead(503, { 'retry-after': '1' }).end('{}');
    const headers = { ...incoming.headers, authorization: `Bearer ${hub.token()}`, host: `localhost:${hub.port}` };
    const outgoing = request({ host: 'localhost', port: hub.port, path: incoming.url, headers }, (from) => void passOn(from, answer, mishap).catch(() => answer.destroy()));
    outgoing.on('error', () => answer.destroy());
    answer.on('close', () => outgoing.destroy());
    outgoing.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
