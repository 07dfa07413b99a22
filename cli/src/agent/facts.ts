/** What an agent has told of its machine, for people. */
import type { Facts } from '@citrus/contracts';
import { tableOf } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';

type Row = readonly [what: string, is: string];
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export const sizeOf = (bytes: number): string => {
  const step = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** step).toFixed(step === 0 ? 0 : 1)} ${UNITS[step] ?? ''}`;
};

const packagesOf = ({ packages }: Facts): string =>
  packages ? `${packages.installed} installed, ${packages.upgradable === undefined ? 'the system does not count updates' : packages.upgradable === 1 ? '1 update pending' : `${packages.upgradable} updates pending`}` : '-';

/** One below the other: a terminal cuts long lines. */
const listed = (what: string, items: readonly string[]): Row[] => (items.length === 0 ? [[what, '-']] : items.map((item, place) => [place === 0 ? what : '', item]));

/** What an older agent does not tell is a dash, never a guess. */
export const factRows = (facts: Facts | null): string[][] => {
  if (!facts) return [['system', '-']];
  const { needsRestart, diskFreeBytes, disks } = facts;
  const rows: Row[] = [
    ['host name', facts.hostname], ['system', facts.os], ['kernel', `Linux ${facts.kernel}, ${facts.arch}`], ['systemd', facts.systemd ? 'yes' : 'no'],
    ['processors', String(facts.cpus)], ['memory', sizeOf(facts.memoryBytes)], ['packages', packagesOf(facts)],
    ['restart', needsRestart === undefined ? '-' : needsRestart ? 'WANTED by the system' : 'not wanted'],
    ...(!disks?.length && diskFreeBytes !== undefined ? [['free disk space', sizeOf(diskFreeBytes)] as const] : []),
    ...listed('addresses', facts.addresses), ['ports', facts.listeningPorts?.join(' ') || '-'],
  ];
  return rows.map((row) => [...row]);
};

export const disksTable = (disks: NonNullable<Facts['disks']>, terminal: Terminal): string =>
  tableOf(['DISK', 'SIZE', 'FREE', 'FREE %'], disks.map(({ mount, sizeBytes, freeBytes }) => [mount, sizeOf(sizeBytes), sizeOf(freeBytes), sizeBytes === 0 ? '-' : `${Math.round((freeBytes / sizeBytes) * 100)} %`]), terminal);
