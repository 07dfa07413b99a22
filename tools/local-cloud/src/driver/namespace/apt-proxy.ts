import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type Duplex } from 'node:stream';
import { type Forwarder } from './forwarder.ts';

/**
 * The way out where the kernel cannot translate addresses: a plain web proxy on the private bridge. It serves package
 * managers (which ask it by name, so droplets need no name server for it); everything else stays without the outside.
 */
export const startAptProxy = (host: string): Promise<Forwarder & { url: string }> => {
  const server = createServer(relay).on('connect', tunnel);
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: 3128, exclusive: true }, () => resolve({ url: `http://${host}:3128`, close }));
  });
};

const relay = (incoming: IncomingMessage, answer: ServerResponse): void => {
  const fail = () => {
    if (!answer.headersSent) answer.writeHead(502);
    answer.end();
  };
  if (!incoming.url?.startsWith('http://')) return fail();
  const outgoing = request(incoming.url, { method: incoming.method ?? 'GET', headers: incoming.headers }, (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers);
    response.on('error', fail).pipe(answer);
  });
  incoming.pipe(outgoing.on('error', fail));
};

const tunnel = (incoming: IncomingMessage, client: Duplex, first: Buffer): void => {
  const [host = '', port = '443'] = (incoming.url ?? '').split(':');
  const outside: Socket = connect(Number(port), host, () => {
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    outside.write(first);
    outside.pipe(client).pipe(outside);
  });
  const cut = () => {
    outside.destroy();
    client.destroy();
  };
  outside.on('error', cut).on('close', cut);
  client.on('error', cut).on('close', cut);
};
