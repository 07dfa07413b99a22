import { expect, test } from 'vitest';
import type { Installer, LiveServer, Sample } from '../api/types.ts';
import { requirementsOf } from './requirements.ts';

const installer = { os_requirements: { families: ['debian', 'ubuntu'] }, resource_requirements: { memory_mb: 1024, disk_mb: 500 } } as Installer;
const server = { image: 'ubuntu-22-04-x64' } as LiveServer;
const sample = { memoryTotalBytes: 512 * 1_048_576, diskTotalBytes: 10_000 * 1_048_576, diskUsedBytes: 2000 * 1_048_576 } as Sample;

test('tells needed and present amounts', () => {
  expect(requirementsOf(installer, server, sample)).toEqual([
    { id: 'system', state: 'met', text: 'debian / ubuntu, this server runs ubuntu-22-04-x64' },
    { id: 'memory', state: 'unmet', text: '1 GB of memory, this server has 512 MB' },
    { id: 'disk', state: 'met', text: '500 MB of free disk, this server has 7.8 GB free' },
  ]);
});

test('does not guess before the first heartbeat', () => {
  expect(requirementsOf(installer, server, undefined).map(({ state }) => state)).toEqual(['met', 'unknown', 'unknown']);
});
