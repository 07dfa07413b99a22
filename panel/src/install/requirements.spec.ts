import { describe, expect, test } from 'vitest';
import type { Installer, LiveServer, Sample } from '../api/types.ts';
import type { Machine } from '../servers/machine.ts';
import { obstacleOf, requirementsOf } from './requirements.ts';

const MEGABYTE = 1_048_576;
const installer = { portable: false, os_requirements: { families: ['debian', 'ubuntu'] }, resource_requirements: { memory_mb: 1024, disk_mb: 500 } } as Installer;
const server = { image: 'ubuntu-22-04-x64', size: 's-1vcpu-512mb-10gb' } as LiveServer;
const machine = { os: 'Debian GNU/Linux 12 (bookworm)', systemd: true, memoryBytes: 461 * MEGABYTE } as Machine;
const last = { diskTotalBytes: 10_000 * MEGABYTE, diskUsedBytes: 2000 * MEGABYTE } as Sample;

describe('what an installer needs', () => {
  test('stands beside what the machine has, not beside what was ordered', () => {
    expect(requirementsOf(installer, server, { machine, last })).toEqual([
      { id: 'machine', state: 'met', text: 'A machine of its own, with systemd' },
      { id: 'system', state: 'met', text: 'Debian or Ubuntu, this server runs Debian GNU/Linux 12 (bookworm)' },
      { id: 'memory', state: 'unmet', text: '1 GB of memory, this server has 512 MB' },
      { id: 'disk', state: 'met', text: '500 MB of free disk, this server has 7.8 GB free' },
    ]);
  });

  test('is not guessed before the agent has told', () => {
    expect(requirementsOf(installer, server, { machine: undefined, last: undefined }).map(({ state }) => state)).toEqual(['unknown', 'unknown', 'unmet', 'unknown']);
    expect(obstacleOf(installer, undefined)).toBeUndefined();
  });

  test('does not miss the memory that the kernel keeps for itself', () => {
    const memory = requirementsOf(installer, { ...server, size: 's-1vcpu-1gb' }, { machine: { ...machine, memoryBytes: 961 * MEGABYTE }, last }).find(({ id }) => id === 'memory');
    expect(memory).toEqual({ id: 'memory', state: 'met', text: '1 GB of memory, this server has 1 GB' });
  });
});

describe('what cannot run at all', () => {
  const without: Machine = { ...machine, systemd: false };

  test('is an installer that is not portable where there is no systemd', () => {
    expect(requirementsOf(installer, server, { machine: without, last })[0]).toEqual({ id: 'machine', state: 'unmet', text: 'A machine of its own, with systemd; this server has none' });
    expect(obstacleOf(installer, without)?.reason).toContain('systemd');
    expect(obstacleOf({ ...installer, portable: true }, without)).toBeUndefined();
  });

  test('is an installer for another system; an Ubuntu is a Debian too, and a stranger is left to the agent', () => {
    const needing = (family: 'debian' | 'ubuntu' | 'any', os: string) => obstacleOf({ ...installer, os_requirements: { families: [family], versions: {}, architectures: [] } }, { ...machine, os })?.reason;
    expect(needing('ubuntu', 'Debian GNU/Linux 12 (bookworm)')).toBe('It runs on Ubuntu, and this server runs Debian GNU/Linux 12 (bookworm).');
    expect(needing('debian', 'Ubuntu 22.04.4 LTS')).toBeUndefined();
    expect(needing('debian', 'Linux Mint 21.2')).toBeUndefined();
    expect(needing('any', 'Fedora Linux 40')).toBeUndefined();
  });
});
