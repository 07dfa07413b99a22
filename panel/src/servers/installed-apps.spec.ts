import { describe, expect, test } from 'vitest';
import type { Installer, Job } from '../api/types.ts';
import { afterInstall, installedApps, pageOf } from './installed-apps.ts';

const job = (part: Partial<Job>): Job => ({ installer: 'nginx', installerVersion: '1.0.0', action: 'install', status: 'succeeded', inputs: {}, finishedAt: '2026-01-01T00:00:00Z', ...part }) as Job;
const names = (jobs: Job[]) => installedApps(jobs).map(({ installer, version }) => `${installer} ${version}`);

describe('the apps of a server', () => {
  test('are those whose installation succeeded', () => {
    expect(names([job({}), job({ installer: 'redis', status: 'failed' } as Partial<Job>)])).toEqual(['nginx 1.0.0']);
  });

  test('go with a later uninstallation, and come back', () => {
    const gone = job({ action: 'uninstall', finishedAt: '2026-01-02T00:00:00Z' });
    expect(names([gone, job({})])).toEqual([]);
    expect(names([gone, job({}), job({ finishedAt: '2026-01-03T00:00:00Z', installerVersion: '1.1.0' })])).toEqual(['nginx 1.1.0']);
  });
});

describe('the closing words', () => {
  const installer = { after_install: 'Open http://{{ADDRESS}}:{{PORT}}/, then sign in.' } as Installer;

  test('have the address and the answers in them', () => {
    expect(afterInstall(installer, { ipAddress: '10.0.0.7' }, { port: 8080 })).toBe('Open http://10.0.0.7:8080/, then sign in.');
    expect(pageOf(installer, { ipAddress: '10.0.0.7' }, { port: 8080 })).toBe('http://10.0.0.7:8080/');
  });

  test('have what the script handed on in them', () => {
    const shop = { after_install: 'Open {{outputs.URL}}' } as Installer;
    expect(afterInstall(shop, { ipAddress: null }, {}, { URL: 'http://shop.example/' })).toBe('Open http://shop.example/');
    expect(pageOf(shop, { ipAddress: null }, {})).toBeUndefined();
  });

  test('lead nowhere while something in the address is not known', () => {
    expect(pageOf(installer, { ipAddress: null }, { port: 8080 })).toBeUndefined();
  });
});
