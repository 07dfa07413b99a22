/** A receiver of webhooks as somebody outside would write it: it checks what it gets, and behaves as its path says. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Received = { readonly path: string; readonly id: string; readonly body: Record<string, unknown> & { type: string }; readonly headers: IncomingMessage['headers']; readonly text: string };
export type Behaviour = (response: ServerResponse, times: number) => void;

/** As the documentation tells people to do it. */
export const isSigned = ({ headers, text }: Pick<Received, 'headers' | 'text'>, secret: string): boolean => {
  const expected = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64')).update(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${text}`).digest();
  return String(headers['webhook-signature']).split(' ').some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ''), 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
};

export const startReceiver = async (behaviours: Readonly<Record<string, Behaviour>>) => {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [path, text] = [request.url ?? '', Buffer.concat(chunks).toString()];
      const { headers } = request;
      received.push({ path, id: String(headers['webhook-id']), body: JSON.parse(text) as Received['body'], headers, text });
      (behaviours[path] ?? ((to) => void to.writeHead(204).end()))(response, received.filter((one) => one.path === path).length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (path: string) => `http://127.0.0.1:${port}${path}`,
    at: (path: string) => received.filter((one) => one.path === path),
    stop: async (): Promise<void> => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
export type Receiver = Awaited<ReturnType<typeof startReceiver>>;
