import { InstallerId, type RunJob } from '@citrus/contracts';
import { freePort } from '@citrus/kit-embedded';
import { eventually } from '@citrus/kit-testing';
import { appendFileSync, existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import type { ControlPlane } from './testing/control-plane.ts';
import { test } from './testing/fixtures.ts';

const FOLDER = fileURLToPath(new URL('../../installers/static-site', import.meta.url));
const files = Object.fromEntries(readdirSync(FOLDER).filter((name) => name !== 'README.md').map((name) => [name, readFileSync(join(FOLDER, name))]));
const version = /^version: (.+)$/m.exec(String(files['manifest.yml']))?.[1] ?? '';

const run = async (plane: ControlPlane, action: RunJob['action'], inputs: RunJob['inputs'] = {}, more: Pick<RunJob, 'backup'> = {}) => {
  const job = plane.runJob({ installerDigest: plane.publishFiles(files), installer: InstallerId.parse('static-site'), installerVersion: version, action, inputs, ...more });
  expect(await plane.ring(plane.sign(job))).toEqual({ outcome: 'accepted' });
  const report = await eventually(() => plane.finishedOf(job.jobId)[0] ?? Promise.reject(new Error('no report yet')), { timeoutMs: 30_000 });
  return { ...report, text: () => plane.textOf(job.jobId) };
};
const read = async (port: number) => (await fetch(`http://127.0.0.1:${port}/`)).text();

describe('the installer static-site, run by the agent', () => {
  test('serves what was asked for, can be repeated, outlives the agent and leaves nothing behind', async ({ plane, agent }) => {
    const port = await freePort();
    expect(await run(plane, 'install', { site_port: port, site_title: '<b>Hello & "you"', site_text: '$(id)' })).toMatchObject({ outcome: 'succeeded' });
    expect(await read(port)).toContain('<title>&#60;b&#62;Hello &#38; &#34;you&#34;</title>');
    expect(await read(port)).toContain('<p>$(id)</p>');
    // With systemd the server runs as a user of its own, who must be able to read these.
    const appDir = join(agent.config.stateDir, 'apps/static-site');
    expect(['serve.mjs', 'site/index.html'].map((file) => statSync(join(appDir, file)).mode & 0o777)).toEqual([0o644, 0o644]);

    expect(await run(plane, 'install', { site_port: port, site_title: 'Second', has_notice: true, notice: 'Soon' })).toMatchObject({ outcome: 'succeeded' });
    expect(await read(port)).toContain('<p class="notice">Soon</p>');
    await agent.terminate();
    agent.start();
    await eventually(() => plane.told.hellos.length >= 2);
    expect(await read(port)).toContain('Second');
    expect(await run(plane, 'health')).toMatchObject({ outcome: 'succeeded' });

    expect(await run(plane, 'uninstall')).toMatchObject({ outcome: 'succeeded' });
    await expect(read(port)).rejects.toThrow('fetch failed');
    expect(existsSync(join(agent.folder, 'etc/boot.d/50-static-site'))).toBe(false);
    expect(existsSync(appDir)).toBe(false);
    expect(await run(plane, 'health')).toMatchObject({ outcome: 'failed', exitCode: 1 });
  });

  test('refuses a port that is taken and one that needs rights', async ({ plane, broker }) => {
    const taken = await run(plane, 'install', { site_port: broker.port });
    expect(taken).toMatchObject({ outcome: 'failed', exitCode: 1 });
    await eventually(() => taken.text().includes('choose another port'));
    expect(await run(plane, 'install', { site_port: 80 })).toMatchObject({ outcome: 'refused' });
  });

  test('is backed up, proven to be restorable, and comes back after a change, a broken file and an uninstall', async ({ plane, agent }) => {
    const port = await freePort();
    const backups = join(agent.config.stateDir, 'backups/static-site');
    await run(plane, 'install', { site_port: port, site_title: 'Before' });
    const made = await run(plane, 'backup');
    const backup = { id: made.jobId, ...made.backup! };
    const file = join(backups, backup.id, 'backup');
    expect(made).toMatchObject({ outcome: 'succeeded', backup: { bytes: statSync(file).size, digest: expect.stringMatching(/^sha256:/) } });

    await run(plane, 'install', { site_port: port, site_title: 'After' });
    expect(await run(plane, 'restore', {}, { backup: { ...backup, check: true } })).toMatchObject({ outcome: 'succeeded' });
    expect(await read(port), 'a check changes nothing').toContain('After');
    expect(await run(plane, 'restore', {}, { backup: { ...backup, check: false } })).toMatchObject({ outcome: 'succeeded' });
    expect(await read(port)).toContain('Before');

    await run(plane, 'uninstall');
    expect(await run(plane, 'restore', {}, { backup: { ...backup, check: false } })).toMatchObject({ outcome: 'succeeded' });
    expect(await read(port)).toContain('Before');
    expect(await run(plane, 'health')).toMatchObject({ outcome: 'succeeded' });

    appendFileSync(file, 'x');
    for (const wrong of [{ ...backup, check: true }, { ...backup, id: crypto.randomUUID(), check: false }]) {
      expect(await run(plane, 'restore', {}, { backup: wrong })).toMatchObject({ outcome: 'refused', reason: expect.stringMatching(/^the backup .* choose another one$/) });
    }
    expect(await run(plane, 'restore')).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('needs a backup') });
    expect(await read(port), 'a refused restore changes nothing').toContain('Before');

    for (let more = 0; more < 5; more += 1) await run(plane, 'backup');
    expect(readdirSync(backups), 'the newest five').toHaveLength(5);
    expect(existsSync(file)).toBe(false);
    await run(plane, 'uninstall');
    expect(await run(plane, 'backup'), 'nothing is there to back up').toMatchObject({ outcome: 'failed', exitCode: 1 });
    expect(readdirSync(backups)).toHaveLength(5);
  });
});
