import { createServer, type Server } from 'node:net';
import { type NetworkClaim } from '../driver.port.ts';

/**
 * 127.77.0.0/16 in sixteen blocks of 4,096 addresses. A cloud holds its block by listening on the block's first address,
 * so two clouds on one computer never share addresses, and a dead one gives its block back at once.
 */
const claimPort = 7077;
const blocks = 16;
const perBlock = 4096;
export const slotsPerBlock = perBlock - 2;

export const addressIn = (block: number, slot: number): string => {
  const number = block * perBlock + slot + 2;
  return `127.77.${number >> 8}.${number & 255}`;
};

export const claimBlock = async (remembered: NetworkClaim | null): Promise<{ block: number; release: () => Promise<void> }> => {
  const known = remembered?.driver === 'process' ? remembered.block : undefined;
  const first = known ?? Math.floor(Math.random() * blocks);
  for (let step = 0; step < (known === undefined ? blocks : 1); step += 1) {
    const block = (first + step) % blocks;
    const server = await listen(`127.77.${block * 16}.1`);
    if (server) return { block, release: () => new Promise((resolve) => server.close(() => resolve())) };
  }
  throw new Error(`The addresses 127.77.${first * 16}.0/20 are in use by another local cloud`);
};

const listen = (host: string): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen({ host, port: claimPort, exclusive: true }, () => resolve(server));
  });
