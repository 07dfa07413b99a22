import { existsSync, readFileSync } from 'node:fs';

const files = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];

/** The host's name servers: those that a droplet can ask itself, and those that only the host reaches. */
export const hostNameServers = (): { reachable: string[]; onLoopback: string[] } => {
  const all = files.filter((file) => existsSync(file)).map((file) => readNameServers(readFileSync(file, 'utf8')));
  const reachable = all.map((servers) => servers.filter((address) => !isLoopback(address))).find((servers) => servers.length > 0);
  return { reachable: reachable ?? [], onLoopback: all.flat().filter(isLoopback) };
};

const isLoopback = (address: string): boolean => address.startsWith('127.');

const readNameServers = (text: string): string[] =>
  [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, address = '']) => address).filter((address) => /^\d+(\.\d+){3}$/.test(address));
