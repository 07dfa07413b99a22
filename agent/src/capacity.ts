/** What is left of this machine: free disk, and the ports that nobody listens on. */
import { statfsSync } from 'node:fs';
import type { AgentConfig } from './config.ts';
import { readIfThere } from './files.ts';

type Place = Pick<AgentConfig, 'prefix' | 'serverAddress'>;

const MOST_PORTS = 1000;
const LISTENS = '0A';

export const diskFree = (): number => {
  const disk = statfsSync('/');
  return disk.bavail * disk.bsize;
};

/** Down to its three highest bits: facts change only when this does, and each change is an event. */
export const roughly = (bytes: number): number => {
  if (bytes < 4) return 0;
  const step = 2 ** (Math.floor(Math.log2(bytes)) - 2);
  return Math.floor(bytes / step) * step;
};

/** The kernel writes an IPv4 address as the hexadecimal number that it is in memory. */
const isOn = (address: string, hex: string): boolean =>
  hex.length === 8 && address.split('.').map(Number).toReversed().map((part) => part.toString(16).padStart(2, '0')).join('').toUpperCase() === hex;

/** Of `/proc/net/tcp`. Below a prefix the machine has other people's programs: only what listens at our own address is ours. */
export const portsIn = (table: string, { prefix, serverAddress }: Place): number[] =>
  table.split('\n').flatMap((line) => {
    // Its columns: number, local address and port, the other side's, state.
    const [, local = '', , state] = line.trim().split(/\s+/);
    const [hex = '', port = ''] = local.split(':');
    if (state !== LISTENS || port === '') return [];
    return prefix !== undefined && !isOn(serverAddress ?? '', hex) ? [] : [Number.parseInt(port, 16)];
  });

/** Where somebody listens now. */
export const listeningPorts = (place: Place): number[] =>
  [...new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => portsIn(readIfThere(file) ?? '', place)))].sort((a, b) => a - b);

/** Without those that programs are given for a while. */
export const lastingPorts = (ports: readonly number[]): number[] => {
  const [firstShortLived = 32_768] = (readIfThere('/proc/sys/net/ipv4/ip_local_port_range') ?? '').trim().split(/\s+/).map((part) => Number.parseInt(part, 10) || 32_768);
  return ports.filter((port) => port < firstShortLived).slice(0, MOST_PORTS);
};
