/** What is left of this machine: free disk, and the ports that nobody listens on. */
import { closeSync, openSync, readSync, statfsSync } from 'node:fs';
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

/** Facts are an event when they change: a number that moves around a step of `roughly` must not change each time. */
export const createSteady = () => {
  const told = new Map<string, number>();
  return (name: string, bytes: number): number => {
    const [before, now] = [told.get(name), roughly(bytes)];
    const step = before === undefined || before < 4 ? 1 : 2 ** (Math.floor(Math.log2(before)) - 2);
    if (before !== undefined && bytes >= before * 0.97 && bytes < (before + step) * 1.03) return before;
    told.set(name, now);
    return now;
  };
};

export const steadily = createSteady();

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

const AT_ONCE = 16 * 1024;
const isOfAnother = (line: string): boolean => /^ *\d+: \S+ \S+ (?!0A)[0-9A-F]{2} /.test(line);

/**
 * The beginning of such a table, as far as somebody listens. The kernel names those first and behind them every connection;
 * a server with fifty thousand of them would be read for a second, in which this process does nothing else.
 * @param read the next bytes; none at the end
 */
export const listenersIn = (read: () => string): string => {
  let table = '';
  for (let more = read(); more !== ''; more = read()) {
    table += more;
    if (more.split('\n').slice(1).some(isOfAnother)) break;
  }
  return table;
};

const readListeners = (file: string): string => {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return ''; // a hardened container, or no IPv6
  }
  const bytes = Buffer.allocUnsafe(AT_ONCE);
  try {
    return listenersIn(() => bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, AT_ONCE, null)));
  } finally {
    closeSync(descriptor);
  }
};

/** Where somebody listens now. */
export const listeningPorts = (place: Place): number[] =>
  [...new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => portsIn(readListeners(file), place)))].sort((a, b) => a - b);

/** Without those that programs are given for a while. */
export const lastingPorts = (ports: readonly number[]): number[] => {
  const [firstShortLived = 32_768] = (readIfThere('/proc/sys/net/ipv4/ip_local_port_range') ?? '').trim().split(/\s+/).map((part) => Number.parseInt(part, 10) || 32_768);
  return ports.filter((port) => port < firstShortLived).slice(0, MOST_PORTS);
};
