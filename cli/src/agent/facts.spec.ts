import type { Facts } from '@citrus/contracts';
import { expect, test } from 'vitest';
import { disksTable, factRows, sizeOf } from './facts.ts';

const GIB = 1024 ** 3;
const bare: Facts = { hostname: 'web', os: 'Debian 13', arch: 'x64', kernel: '6.12', cpus: 2, memoryBytes: 4 * GIB, addresses: [], systemd: true, agentVersion: '0.1.0', nodeVersion: 'v24.21.0' };
const terminal = { out: async () => {}, note: () => undefined, columns: undefined, style: (_: unknown, text: string) => text, isInteractive: false };

test('tells what a machine is, an address a row', () => {
  const rows = factRows({ ...bare, addresses: ['192.0.2.7', '2001:db8::7'], packages: { installed: 312, upgradable: 12 }, needsRestart: true, listeningPorts: [22, 80], disks: [] });
  expect(rows).toEqual(expect.arrayContaining([['kernel', 'Linux 6.12, x64'], ['memory', '4.0 GiB'], ['packages', '312 installed, 12 updates pending'], ['restart', 'WANTED by the system'], ['addresses', '192.0.2.7'], ['', '2001:db8::7'], ['ports', '22 80']]));
});

test('guesses nothing that an older agent has not told', () => {
  expect(factRows({ ...bare, diskFreeBytes: GIB })).toEqual(expect.arrayContaining([['packages', '-'], ['restart', '-'], ['addresses', '-'], ['free disk space', '1.0 GiB']]));
  expect(factRows({ ...bare, packages: { installed: 1 } })).toContainEqual(['packages', '1 installed, the system does not count updates']);
  expect(factRows(null)).toEqual([['system', '-']]);
});

test('tells the room on each disk, and nothing that a terminal obeys', () => {
  expect(disksTable([{ mount: '/', sizeBytes: 40 * GIB, freeBytes: 10 * GIB }, { mount: '/\u001b[2J', sizeBytes: 0, freeBytes: 0 }], terminal)).toMatch(/^DISK +SIZE +FREE +FREE %\n\/ +40\.0 GiB +10\.0 GiB +25 %\n\/\\u001b\[2J +0 B +0 B +-$/);
});

test.each([[0, '0 B'], [1023, '1023 B'], [1024, '1.0 KiB'], [GIB, '1.0 GiB'], [2 ** 53, '8.0 PiB']])('%d bytes are %s', (bytes, text) => {
  expect(sizeOf(bytes)).toBe(text);
});
