import { describe, expect, test } from 'vitest';
import type { Installer } from '../api/types.ts';
import type { Machine } from '../servers/machine.ts';
import { obstacleOf, requirementsOf, unmetOf } from './requirements.ts';

const MEGABYTE = 1_048_576;
const installer = {
  id: 'shop', name: 'Shop', portable: false, os_requirements: { families: ['debian', 'ubuntu'], versions: {}, architectures: [] }, resource_requirements: { memory_mb: 1024, disk_mb: 500 }, requires: { ports_free: [], conflicts: [] }, depends_on: [],
} as unknown as Installer;
const machine = { os: 'Debian GNU/Linux 12 (bookworm)', osFamilies: ['debian'], systemd: true, memoryBytes: 461 * MEGABYTE } as Machine;

describe('what an installer needs', () => {
  test('stands beside what the machine has; what it has not told is not guessed', () => {
    expect(requirementsOf(installer, machine).map(({ state, text }) => `${state}: ${text}`)).toEqual([
      'met: A machine of its own, with systemd', 'met: Debian or Ubuntu; this server runs Debian GNU/Linux 12 (bookworm)', 'unmet: 1 GB of memory; this server has 461 MB', 'unknown: 500 MB of free disk',
    ]);
    expect(requirementsOf(installer, undefined).map(({ state }) => state)).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
  });
  test('may be gone without where it is memory and somebody says so', () => {
    const requirements = requirementsOf(installer, { ...machine, systemd: false });
    expect([unmetOf(requirements, false), unmetOf(requirements, true)].map((unmet) => unmet.map(({ id }) => id))).toEqual([['machine', 'memory'], ['machine']]);
  });
  test('and can never be met is told in the catalogue', () => {
    expect(obstacleOf(installer, { ...machine, systemd: false })?.reason).toBe('A machine of its own, with systemd; this server has none.');
    expect(obstacleOf({ ...installer, portable: true }, { ...machine, systemd: false })).toBeUndefined();
    expect(obstacleOf(installer, { ...machine, osFamilies: ['fedora'] })?.reason).toContain('Debian or Ubuntu; this server runs');
    expect(obstacleOf(installer, undefined)).toBeUndefined();
  });
});
