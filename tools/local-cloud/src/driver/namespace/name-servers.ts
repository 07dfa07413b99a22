import { existsSync, readFileSync } from 'node:fs';

/** The name servers that a droplet can use: the host's, except those that only the host itself reaches. */
export const nameServers = (): string[] => {
  for (const file of ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf']) {
    const found = existsSync(file) ? readNameServers(readFileSync(file, 'utf8')) : [];
    if (found.length > 0) return found;
  }
  return [];
};

const readNameServers = (text: string): string[] =>
  [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, address = '']) => address).filter((address) => /^\d+(\.\d+){3}$/.test(address) && !address.startsWith('127.'));
