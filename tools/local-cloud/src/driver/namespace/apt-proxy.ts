import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { lookup } from 'node:dns/promises';
import { BlockList, connect, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { type Duplex } from 'node:stream';
import { type Forwarder } from './forwarder.ts';

/**
 * The way out where the kernel cannot translate addresses: a plain web proxy on the private bridge. It serves package
 * managers (which ask it by name, so droplets need no name server for it); everything else stays without the outside.
 * It leads outside only: what listens on this computer, also on its loopback, is none of a droplet's business.
 */
export const startAptProxy = (host: string): Promise<Forwarder & { url: string }> => {
  const server = createServer((incoming, answer) => void relay(incoming, answer)).on('connect', (incoming, client, first) => void tunnel(incoming, client, first));
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

const inside = (): BlockList => {
  const list = new BlockList();
  for (const [network, bits] of [['0.0.0.0', 8], ['127.0.0.0', 8], ['169.254.0.0', 16]] as const) list.addSubnet(network, bits);
  for (const [network, bits] of [['::', 127], ['fe80::', 10]] as const) list.addSubnet(network, bits, 'ipv6');
  for (const { address, family } of Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])) list.addAddress(address, family === 'IPv6' ? 'ipv6' : 'ipv4');
  return list;
};

/** The address to connect to, found once, so that a name cannot mean another one a moment later. @throws when it is not outside. */
export const outsideAddress = async (host: string): Promise<string> => {
  const { address } = await lookup(host.replace(/^\[|\]$/g, ''), { order: 'ipv4first' });
  if (inside().check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) throw new Error(`${host} is not outside`);
  return address;
};

const relay = async (incoming: IncomingMessage, answer: ServerResponse): Promise<void> => {
  const fail = () => {
    if (!answer.headersSent) answer.writeHead(502);
    answer.end();
  };
  try {
    const url = new URL(incoming.url ?? '');
    if (url.protocol !== 'http:') return fail();
    const { method = 'GET', headers } = incoming;
    const outgoing = request({ host: await outsideAddress(url.hostname), port: url.port || 80, path: `${url.pathname}${url.search}`, method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.on('error', fail).pipe(answer);
    });
    incoming.pipe(outgoing.on('error', fail));
  } catch {
    fail(); // no address, no such name, or one inside
  }
};

const tunnel = async (incoming: IncomingMessage, client: Duplex, first: Buffer): Promise<void> => {
  client.on('error', () => client.destroy());
  try {
    const { hostname, port } = new URL(`https://${incoming.url ?? ''}`);
    const outside = connect(Number(port || '443'), await outsideAddress(hostname), () => {
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
  } catch {
    client.destroy();
  }
};
