import { describe, expect, test } from 'vitest';
import { InstallerManifest } from './manifest.ts';
import { mayBeIgnored, preflight, type Machine } from './preflight.ts';
import { compareVersions, isVersionRange, versionFits } from './version-range.ts';

const MEGABYTE = 1_048_576;
const manifestOf = (part: object) => InstallerManifest.parse({ id: 'shop', name: 'Shop', version: '1.0.0', description: 'A shop', category: 'web', author: 'Citrus', ...part });
const demanding = manifestOf({
  os_requirements: { families: ['debian', 'ubuntu'], versions: { debian: '>=12', ubuntu: '>=22.04 <26' }, architectures: ['amd64', 'arm64'] },
  resource_requirements: { memory_mb: 1024, disk_mb: 2000 },
  requires: { ports_free: ['http_port', 443], conflicts: ['apache'] },
  depends_on: [{ installer: 'postgresql', version: '>=15' }, { installer: 'redis' }],
  inputs: [{ id: 'http_port', type: 'port', label: 'Port' }],
});
const poor: Machine = {
  os: 'Debian GNU/Linux 11 (bullseye)', osFamilies: ['debian'], osVersion: '11', arch: 'ia32', systemd: false, memoryBytes: 512 * MEGABYTE, diskFreeBytes: 300 * MEGABYTE, listeningPorts: [22, 80, 443],
  apps: [{ installer: 'apache', version: '2.4.0' }, { installer: 'postgresql', version: '13.2.0' }],
};
const rich: Machine = {
  os: 'Ubuntu 24.04.1 LTS', osFamilies: ['ubuntu', 'debian'], osVersion: '24.04', arch: 'x64', systemd: true, memoryBytes: 961 * MEGABYTE, diskFreeBytes: 9000 * MEGABYTE, listeningPorts: [22],
  apps: [{ installer: 'redis', version: '7.0.0' }, { installer: 'postgresql', version: '16.0.1' }],
};
const values = { http_port: 80 };
const states = (machine: Machine, action?: 'install' | 'upgrade' | 'uninstall') => Object.fromEntries(preflight(demanding, machine, { values, ...(action && { action }) }).map(({ id, state }) => [id, state]));

describe('what an installer needs', () => {
  test('is told all at once, with both numbers', () => {
    expect(preflight(demanding, poor, { values }).map(({ state, text }) => `${state}: ${text}`)).toEqual([
      'unmet: A machine of its own, with systemd; this server has none',
      'met: Debian or Ubuntu; this server runs Debian GNU/Linux 11 (bullseye)',
      'unmet: Debian >=12; this server has 11',
      'unmet: A processor of type amd64 or arm64; this server has i386',
      'unmet: 1 GB of memory; this server has 512 MB',
      'unmet: 2 GB of free disk; this server has 300 MB free',
      'unmet: Port 80 free; another program listens there',
      'unmet: Port 443 free; another program listens there',
      'unmet: postgresql >=15; this server has 13.2.0',
      'unmet: redis; it is not on this server',
      'unmet: No apache on the same server; it is there',
    ]);
  });
  test('is all met where it is; the kernel may keep its part of the memory', () => {
    expect(new Set(Object.values(states(rich)))).toEqual(new Set(['met']));
  });
  test('is not known of a server that has not told', () => {
    expect(new Set(Object.values(states({})))).toEqual(new Set(['unknown']));
  });
  test('is nothing where nothing is asked for', () => {
    expect(preflight(manifestOf({ portable: true, os_requirements: { families: ['any'] } }), poor)).toEqual([]);
  });
  test('of an app that is there does not hold back its upgrade or its end', () => {
    expect(Object.keys(states(poor, 'upgrade'))).toEqual(['machine', 'system', 'system-version', 'architecture', 'depends-postgresql', 'depends-redis', 'conflicts-apache']);
    expect(Object.keys(states(poor, 'uninstall'))).toEqual(['machine', 'system']);
  });
  test('as ports is not asked of a server where it listens itself, nor before there is an answer', () => {
    expect(states({ ...poor, apps: [{ installer: 'shop', version: '1.0.0' }] })).not.toHaveProperty('port-443');
    expect(preflight(demanding, poor).map(({ id }) => id)).not.toContain('port-80');
  });
  test('may be gone without only where it is memory', () => {
    expect(preflight(demanding, poor, { values }).filter(mayBeIgnored).map(({ id }) => id)).toEqual(['memory']);
  });
});

describe('versions', () => {
  test.each([
    ['12', '12', true], ['12.9', '12', true], ['13', '12', false], ['22.04', '22.04', true], ['22.10', '22.04', false], ['24.04', '>=22.04 <26', true], ['26.04', '>=22.04 <26', false],
    ['1.2.3', '>1.2', false], ['1.3.0', '>1.2', true], ['12.9', '<=12', true], ['13', '<=12', false], ['2.0.0-rc1', '>=2', true], ['', '>=1', false], ['10', '>=9', true],
  ])('%s fits %s: %s', (version, range, fits) => {
    expect(versionFits(version, range)).toBe(fits);
  });
  test('are compared by number, not by letter', () => {
    expect(['1.10', '1.9', '1.9.1'].sort(compareVersions)).toEqual(['1.9', '1.9.1', '1.10']);
  });
  test.each(['', 'latest', '>=', '1.x', '~1', '>= 1', '1.2.3.4.5', '1'.repeat(200)])('"%s" is no range and fits nothing', (range) => {
    expect([isVersionRange(range), versionFits('1', range)]).toEqual([false, false]);
  });
});
