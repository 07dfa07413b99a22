import { bundleFolder } from '@citrus/contracts/installer-folder';
import { sha256Digest } from '@citrus/kit-crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bundle } from '../installer/bundle.ts';
import { installerOf, type InstallerSet } from '../installer/read-installers.ts';
import { complaintIn } from './git.ts';
import { clashOf, faultsOf, stateOf } from './source-rules.ts';
import type { InUse } from './source.store.ts';
import { bundlesWithSources, withSources } from './with-sources.ts';

const bundleOf = async (files: Readonly<Record<string, string>>): Promise<Bundle> => {
  const bundle = await bundleFolder({ list: async () => Object.keys(files).map((name) => ({ name, kind: 'file' as const })), read: async (path) => ({ text: files[path] ?? '', base64: btoa(files[path] ?? '') }) });
  return { ...bundle, digest: sha256Digest(bundle.json) };
};
const appOf = (id: string, more = '') => bundleOf({ 'manifest.yml': `id: ${id}\nname: ${id}\nversion: 1.0.0\ndescription: x\ncategory: web\nauthor: x\n${more}`, 'install.sh': '#!/bin/bash\n' });
const sourceOf = async (name: string, digit: string, ids: readonly string[]): Promise<InUse> => ({
  name, commit: digit.repeat(40), since: new Date(0), folders: await Promise.all(ids.map(async (id) => ({ folder: id, ...(await appOf(id)) }))),
});
const builtIn = async (ids: readonly string[], refused: readonly string[] = []): Promise<InstallerSet> => {
  const readings = await Promise.all(ids.map(async (id) => installerOf(id, await appOf(id))));
  return { installers: new Map(readings.flatMap((reading) => ('loaded' in reading ? [[reading.loaded.installer.id, reading.loaded] as const] : []))), refused: refused.map((folder) => ({ folder, file: 'manifest.yml', line: 1, reason: 'bad' })) };
};

describe('one catalogue', () => {
  test('says of every installer where it is from', async () => {
    const { installers, refused } = withSources(await builtIn(['web']), [await sourceOf('team', 'a', ['shop'])]);
    expect(refused).toEqual([]);
    expect(installers.get('web')?.installer.source).toBeUndefined();
    expect(installers.get('shop')?.installer.source).toEqual({ name: 'team', commit: 'a'.repeat(40), since: '1970-01-01T00:00:00.000Z' });
  });

  test('T723. gives a name to the built-in folder, also when what stands there is refused, and to neither of two sources', async () => {
    const { installers, refused } = withSources(await builtIn(['web'], ['db']), [await sourceOf('one', 'a', ['web', 'db', 'shop']), await sourceOf('two', 'b', ['shop', 'mail'])]);
    expect([...installers.keys()]).toEqual(['web', 'mail']);
    expect(installers.get('web')?.installer.source).toBeUndefined();
    expect(refused.filter(({ folder }) => folder === 'shop')).toHaveLength(2);
    expect(refused.map(({ reason }) => reason)).toEqual(expect.arrayContaining([
      'it is in the built-in folder and in source one (commit aaaaaaaaaaaa); the built-in one counts. Rename the other',
      'it is in source one (commit aaaaaaaaaaaa) and in source two (commit bbbbbbbbbbbb); neither is used. Rename one of them',
    ]));
  });

  test('is the same in whatever order sources come', async () => {
    const [sources, own] = [await Promise.all([sourceOf('a', '1', ['x', 'y']), sourceOf('b', '2', ['y', 'z']), sourceOf('c', '3', ['z', 'w', 'web'])]), await builtIn(['web'])];
    const told = (all: readonly InUse[]) => {
      const { installers, refused } = withSources(own, all);
      return [[...installers.keys()].sort(), refused.map(({ folder, reason }) => `${folder} ${reason}`).sort()];
    };
    fc.assert(fc.property(fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), (order) => {
      expect(told(order.map((index) => sources[index] as InUse))).toEqual(told(sources));
    }));
  });

  test('leaves out what is no longer kept or no longer sound, and nothing else', async () => {
    const source = await sourceOf('team', 'a', ['shop', 'mail', 'old']);
    const [shop, mail, old] = source.folders as [InUse['folders'][number], InUse['folders'][number], InUse['folders'][number]];
    const { installers, refused } = withSources(await builtIn([]), [{ ...source, folders: [shop, { ...mail, json: '' }, { ...old, json: (await bundleOf({ 'manifest.yml': 'id: old' })).json }] }]);
    expect([...installers.keys()]).toEqual(['shop']);
    expect(refused[0]?.reason).toMatch(/are not in the database; fetch the source again/);
    expect(refused.slice(1).every(({ folder }) => folder === 'old')).toBe(true);
    expect(bundlesWithSources({ bundles: new Map(), refused: [] }, [source], () => undefined).bundles.size).toBe(0);
  });
});

describe('a commit', () => {
  const commitOf = async (folders: Readonly<Record<string, Bundle>>) => ({ commit: 'c'.repeat(40), committedAt: new Date(1000), folders: Object.entries(folders).map(([folder, bundle]) => ({ folder, bundle })), faults: [] });
  const against = { notBefore: undefined, find: () => undefined };

  test('without a fault may be used', async () => expect(faultsOf(await commitOf({ shop: await appOf('shop') }), against)).toBeUndefined());

  test('T725. with one fault is not, and says where', async () => {
    const commit = await commitOf({ shop: await appOf('shop'), bad: await appOf('bad', 'nonsense: 1\n') });
    expect(faultsOf(commit, against)).toBe('commit cccccccccccc is not used: bad/manifest.yml:7: "nonsense" is not a field of a manifest');
    expect(faultsOf(await commitOf({ shop: await appOf('shop'), 'bundles/site': await bundleOf({ 'bundle.yml': 'id: site\n' }) }), against)).toMatch(/bundles\/site\/bundle\.yml/);
  });

  test('T724. without an installer is none, and an old one that is signed does not come back', async () => {
    expect(faultsOf(await commitOf({}), against)).toMatch(/it holds no installer; is "folder" the right one\?/);
    const commit = await commitOf({ shop: await appOf('shop') });
    expect(faultsOf(commit, { ...against, notBefore: { commit: 'd'.repeat(40), at: new Date(2000) } })).toMatch(/it is older than dddddddddddd, which is in use/);
    expect(faultsOf(commit, { ...against, notBefore: { commit: 'd'.repeat(40), at: new Date(1000) } })).toBeUndefined();
  });

  test('T723. takes no name that another source has', () => {
    expect(clashOf('c'.repeat(40), ['shop', 'x'], [{ name: 'other', commit: 'o'.repeat(40), folders: ['shop'] }])).toBe('commit cccccccccccc is not used: shop is already in source other (commit oooooooooooo). Rename it in one of them');
    expect(clashOf('c'.repeat(40), ['shop'], [{ name: 'other', commit: 'o'.repeat(40), folders: ['mail'] }])).toBeUndefined();
  });
});

test('a source waits, is fetched, is ready or fails; one that was fetched for too long is not any more', () => {
  const row = { taken_by: null, taken_at: new Date(0), tried_at: null, reason: null };
  const at = (more: object) => stateOf({ ...row, ...more }, new Date(1000), 500);
  expect([stateOf(undefined, new Date(), 1), at({}), at({ taken_by: 'x', taken_at: new Date(600) }), at({ taken_by: 'x', taken_at: new Date(400) }), at({ tried_at: new Date(0) }), at({ tried_at: new Date(0), reason: 'x' })])
    .toEqual(['waiting', 'waiting', 'fetching', 'waiting', 'ready', 'failing']);
});

test('what git complains of is told without what a server put between', () => {
  expect(complaintIn('remote: \u001b[31mhello\u0007\nfatal: repository not found\n')).toBe('fatal: repository not found');
  expect(complaintIn('x'.repeat(2000)).length).toBe(500);
});
