import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Machine } from '../driver.port.ts';
import { type Forwarder } from './forwarder.ts';

/**
 * What a droplet may ask about itself at 169.254.169.254, as at DigitalOcean: whoever asks on the droplet gets its user
 * data, whatever user he is. It listens on the private bridge; the network brings the questions here, and the address
 * that asks says which droplet it is.
 */
type Answers = (machine: Machine) => Promise<string> | string;

const paths: Readonly<Record<string, Answers>> = {
  '/metadata/v1/id': ({ id }) => String(id),
  '/metadata/v1/hostname': ({ name }) => name,
  '/metadata/v1/user-data': ({ dir }) => readFile(join(dir, 'user-data'), 'utf8'),
};

export const startMetadata = (host: string, machineAt: (address: string) => Machine | undefined): Promise<Forwarder & { port: number }> => {
  const answer = async ({ url = '', socket }: IncomingMessage): Promise<{ status: number; text: string }> => {
    const machine = machineAt(socket.remoteAddress ?? '');
    const path = paths[url.replace(/\/+$/, '')];
    return machine && path ? { status: 200, text: await path(machine) } : { status: 404, text: 'not found' };
  };
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, text }) => response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: 0 }, () => resolve({ port: (server.address() as AddressInfo).port, close }));
  });
};
