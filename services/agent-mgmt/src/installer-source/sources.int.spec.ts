import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchInstallerSource, listInstallers, listInstallerSources, type InstallerSource } from '@citrus/contracts';
import { StartRefused } from '@citrus/kit-service';
import { eventually } from '@citrus/kit-testing';
import { sql } from 'kysely';
import { describe, expect } from 'vitest';
import { bundleReplica, startReplica } from '../testing/replica-process.ts';
import { appOf, TestRepository } from '../testing/test-repository.ts';
import { test as base, type World } from '../testing/world.ts';

const LONG = { timeoutMs: 45_000 };

/** Two repositories, and the file that names them. */
const test = base.extend('git', async ({ world }, { onCleanup }) => {
  const [team, other] = [new TestRepository(), new TestRepository()];
  const place = mkdtempSync(join(tmpdir(), 'citrus-sources-'));
  onCleanup(() => {
    [team, other].forEach((repository) => repository.remove());
    rmSync(place, { recursive: true });
  });
  const file = join(place, 'sources.yml');
  const name = (sources: Readonly<Record<string, string>>) => writeFileSync(file, JSON.stringify({ sources: Object.entries(sources).map(([source, url]) => ({ name: source, url, ref: 'main', interval_seconds: 10 })) }));
  name({ team: team.path, other: other.path });
  const sourceOf = async (which: string): Promise<InstallerSource> => {
    const found = (await world.askAny(listInstallerSources)).items.find((each) => each.name === which);
    if (!found) throw new Error(`no source ${which}`);
    return found;
  };
  return { team, other, place, env: { CITRUS_INSTALLER_SOURCES_FILE: file }, name, sourceOf };
});

const versions = async (world: World): Promise<Record<string, string>> => Object.fromEntries((await world.askAny(listInstallers)).items.map(({ id, version, source }) => [id, `${version} ${source?.name ?? 'built in'}`]));
/** Whichever replica answers. */
const all = (world: World, expected: Readonly<Record<string, string>>) => eventually(async () => {
  for (let asked = 0; asked < 24; asked++) expect(await versions(world)).toEqual(expected);
}, LONG);
/** It answers when the look is over, or in the midst of it after ten seconds. */
const fetchNow = async (world: World, name: string): Promise<InstallerSource> => {
  const told = await world.ask(fetchInstallerSource, { projectId: undefined, name });
  return told.state === 'fetching' ? await eventually(() => overNow(world, name), LONG) : told;
};
const overNow = async (world: World, name: string): Promise<InstallerSource> => {
  const found = (await world.askAny(listInstallerSources)).items.find((each) => each.name === name);
  expect(found?.state).not.toBe('fetching');
  return found!;
};

describe('sources of installers', () => {
  test('T723, T725. are followed by every replica; a bad commit, a taken name and a repository that is away change nothing and are told', { timeout: 240_000 }, async ({ world, git }) => {
    const { team, other, sourceOf } = git;
    const first = team.commit(appOf('shop'));
    other.commit(appOf('mail'));
    for (const _ of ['one', 'another']) await world.start(git.env);
    await all(world, { web: '1.0.0 built in', shop: '1.0.0 team', mail: '1.0.0 other' });
    await eventually(async () => expect(await sourceOf('team')).toMatchObject({ state: 'ready', commit: first, folders: ['shop'], reason: null }), LONG);

    // At the interval, without anybody asking. One look is enough: both replicas follow what one found.
    const second = team.commit(appOf('shop', '1.1.0'));
    await eventually(async () => expect(await sourceOf('team')).toMatchObject({ commit: second }), LONG);
    await all(world, { web: '1.0.0 built in', shop: '1.1.0 team', mail: '1.0.0 other' });

    // One fault, and nothing of the commit is used, also not what is sound.
    team.commit({ ...appOf('shop', '1.2.0'), ...appOf('extra'), 'extra/manifest.yml': 'id: extra\n' });
    expect(await fetchNow(world, 'team')).toMatchObject({ state: 'failing', commit: second, reason: expect.stringMatching(/^commit [0-9a-f]{12} is not used: extra\/manifest\.yml:1: /) });
    await all(world, { web: '1.0.0 built in', shop: '1.1.0 team', mail: '1.0.0 other' });

    // Who has a name keeps it, and the built-in folder has its own.
    const third = team.commit({ ...appOf('shop', '1.3.0'), ...appOf('web', '9.9.9') }, { removed: ['extra'] });
    expect(await fetchNow(world, 'team')).toMatchObject({ state: 'ready', commit: third });
    await all(world, { web: '1.0.0 built in', shop: '1.3.0 team', mail: '1.0.0 other' });
    await eventually(async () => expect((await world.askAny(listInstallers)).refused).toMatchObject([{ folder: 'web', reason: expect.stringMatching(/built-in folder and in source team/) }]), LONG);
    other.commit(appOf('shop', '6.6.6'));
    expect(await fetchNow(world, 'other')).toMatchObject({ state: 'failing', folders: ['mail'], reason: expect.stringMatching(/shop is already in source team \(commit [0-9a-f]{12}\)/) });

    other.remove();
    expect(await fetchNow(world, 'other')).toMatchObject({ state: 'failing', folders: ['mail'], reason: expect.stringContaining(other.path) });
    await all(world, { web: '1.0.0 built in', shop: '1.3.0 team', mail: '1.0.0 other' });
    await expect(fetchNow(world, 'nobody')).rejects.toThrow(/There is no source of installers named nobody. There are team, other/);
  });

  test('that a killed replica was fetching are fetched by the next, and one without git has what is in the database', { timeout: 240_000 }, async ({ world, git }) => {
    const { team, sourceOf } = git;
    git.name({ team: team.path });
    team.commit(appOf('shop'));
    // A git that never ends its fetch.
    const [bin, pid] = [git.place, join(git.place, 'slow.pid')];
    writeFileSync(join(bin, 'git'), `#!/bin/bash\ncase " $* " in *" fetch "*) echo $$ > ${pid}.new; mv ${pid}.new ${pid}; exec sleep 120;; esac\nPATH=${process.env['PATH'] ?? ''} exec git "$@"\n`);
    chmodSync(join(bin, 'git'), 0o755);
    const env = Object.fromEntries(Object.entries({ ...world.env, ...git.env }).filter((entry): entry is [string, string] => entry[1] !== undefined));
    const replica = startReplica(await bundleReplica(), { ...env, PATH: `${bin}:${process.env['PATH'] ?? ''}` });
    try {
      await eventually(() => expect(existsSync(pid)).toBe(true), LONG);
    } finally {
      await replica.kill();
      if (existsSync(pid)) process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL');
    }

    const next = await world.start(git.env);
    expect(await sourceOf('team')).toMatchObject({ state: 'fetching', commit: null, folders: [] });
    expect(await versions(world)).toEqual({ web: '1.0.0 built in' });
    await sql`update installer_sources set taken_at = taken_at - interval '1 hour'`.execute(world.db);
    await all(world, { web: '1.0.0 built in', shop: '1.0.0 team' });
    await world.stop(next);

    team.remove();
    const path = process.env['PATH'];
    process.env['PATH'] = '/nowhere';
    try {
      await world.start(git.env);
      expect(await versions(world)).toEqual({ web: '1.0.0 built in', shop: '1.0.0 team' });
      await sql`update installer_sources set due_at = now() - interval '1 hour'`.execute(world.db);
      await eventually(async () => expect(await sourceOf('team')).toMatchObject({ state: 'failing', folders: ['shop'], reason: 'the program git is not on this machine' }), LONG);
    } finally {
      process.env['PATH'] = path;
    }
  });

  test('that cannot be understood keep the service from starting, with the line', async ({ world, git }) => {
    git.name({ team: 'ext::sh -c id' });
    await expect(world.start(git.env)).rejects.toThrow(StartRefused);
    await expect(world.start(git.env)).rejects.toThrow(/CITRUS_INSTALLER_SOURCES_FILE: .*sources\.yml:1: sources\[1\]\.url: must be https/);
  });
});
