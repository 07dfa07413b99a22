import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AppBundle } from '@citrus/contracts';
import * as fc from 'fast-check';
import { describe, expect, test as base } from 'vitest';
import { readInstallers } from '../installer/read-installers.ts';
import { orderOf } from './bundle-order.ts';
import { readBundles } from './read-bundles.ts';

const OWN = new URL('../../../../installers/', import.meta.url).pathname;
const manifest = (id: string, more: string): string => `id: ${id}\nname: ${id}\nversion: 1.2.0\ndescription: An app\ncategory: web\nauthor: Citrus\n${more}`;
const INSTALLERS = {
  'db/manifest.yml': manifest('db', 'inputs:\n  - { id: port, type: port, label: Port, default: 5432 }\n  - { id: password, type: password, label: Password, required: true }\noutputs: [{ name: URL, description: Where it is }]\nscripts: { upgrade: install.sh }\n'),
  'db/install.sh': '',
  'web/manifest.yml': manifest('web', 'depends_on: [{ installer: runtime }]\ninputs:\n  - { id: title, type: string, label: Title }\n  - { id: db_url, type: string, label: Database, required: true }\n  - { id: db_password, type: password, label: Password }\n  - { id: tls, type: boolean, label: TLS }\n  - { id: port, type: port, label: Port, default: 80 }\noutputs: [{ name: ADDRESS, description: Where it is }]\n'),
  'web/install.sh': '',
  'runtime/manifest.yml': manifest('runtime', ''),
  'runtime/install.sh': '',
};
const SHOP = `id: shop
name: Shop
version: 1.0.0
description: A shop with its database
category: web
author: Citrus
inputs:
  - { id: title, type: string, label: Title, default: Shop }
  - { id: secret, type: password, label: Password, required: true }
  - { id: port, type: port, label: Port, default: 80 }
  - { id: tls, type: boolean, label: TLS, default: false }
apps:
  - app: web
    installer: web
    inputs:
      title: { from: inputs.title }
      db_url: { from: outputs.db.URL }
      db_password: { from: inputs.secret }
  - app: base
    installer: runtime
  - app: db
    installer: db
    version: ">=1 <2"
    inputs:
      password: { from: inputs.secret }
`;

const test = base
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern to know what a fixture needs
  .extend('directory', async ({}, { onCleanup }): Promise<string> => {
    const directory = await mkdtemp(join(tmpdir(), 'bundles-'));
    onCleanup(() => rm(directory, { recursive: true, force: true }));
    return directory;
  })
  .extend('read', async ({ directory }) => async (shop: string, more: Record<string, string> = {}) => {
    for (const [path, text] of Object.entries({ ...INSTALLERS, 'bundles/shop/bundle.yml': shop, ...more })) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    }
    const { installers, refused } = await readInstallers(directory);
    expect(refused, 'bundles are no installers').toEqual([]);
    return await readBundles(directory, (id) => installers.get(id)?.installer);
  });

const changed = (from: string, to: string): string => {
  expect(SHOP).toContain(from);
  return SHOP.replace(from, to);
};

describe('a good bundle', () => {
  test('is read with its digest and its order: from outputs and from what installers depend on', async ({ read }) => {
    const { bundles, refused } = await read(SHOP, { 'bundles/shop/README.md': 'for people' });
    expect(refused).toEqual([]);
    const shop = AppBundle.parse(bundles.get('shop'));
    expect(shop.order).toEqual(['base', 'db', 'web']);
    expect(shop.servers).toEqual([{ role: 'server', label: 'Server' }]);
    expect(shop.digest).toBe((await read(SHOP)).bundles.get('shop')?.digest);
    expect((await read(`${SHOP}# other\n`)).bundles.get('shop')?.digest).not.toBe(shop.digest);
  });
  test('may put the same app on two servers', async ({ read }) => {
    const two = SHOP.replace('apps:\n', 'servers: [{ role: one, label: One }, { role: two, label: Two }]\napps:\n').replaceAll(/(installer: \w+)\n/g, '$1\n    server: one\n');
    expect((await read(`${two}  - { app: other, installer: runtime, server: two }\n`)).refused).toEqual([]);
  });
  test('of this repository', async ({ directory }) => {
    await cp(OWN, directory, { recursive: true });
    const { installers } = await readInstallers(directory);
    const { bundles, refused } = await readBundles(directory, (id) => installers.get(id)?.installer);
    expect(refused).toEqual([]);
    expect([...bundles].map(([id, { order }]) => [id, order])).toEqual([['site-behind-nginx', ['site', 'front']], ['watched-site', ['site', 'status']]]);
  });
});

const db = '    version: ">=1 <2"\n';
const web = '      title: { from: inputs.title }\n';
describe('a bad bundle is refused with the line:', () => {
  test.for<[string, string, number | null, RegExp]>([
    ['an unknown installer', changed('installer: runtime', 'installer: cobol'), 20, /no installer "cobol"/],
    ['a version that is not here', changed('>=1 <2', '>=2'), 23, /version 1\.2\.0/],
    ['something that is no version', changed('>=1 <2', 'new'), 23, /comparisons of versions/],
    ['an input that the installer does not have', changed(web, '      titel: x\n'), 16, /no input "titel"/],
    ['an input that is missing', changed('      password: { from: inputs.secret }\n', '      port: 1\n'), 24, /needs "password"/],
    ['an input that the bundle does not have', changed('inputs.title', 'inputs.titel'), 16, /"inputs\.titel" is not an input/],
    ['an app that is not there', changed('outputs.db.URL', 'outputs.dp.URL'), 17, /no app "dp"/],
    ['an output that is not there', changed('outputs.db.URL', 'outputs.db.PORT'), 17, /hands on no PORT; it hands on URL/],
    ['its own output', changed('inputs.title', 'outputs.web.ADDRESS'), 16, /known only afterwards/],
    ['a name without its kind', changed('inputs.title', 'title'), 16, /inputs\.<id>/],
    ['something that is no expression', changed('inputs.title', 'inputs.title +'), 16, /expected a value/],
    ['a circle', changed('  - app: base\n', '  - app: base\n    depends_on: [web]\n'), 13, /web → base → web/],
    ['a circle of outputs', changed(db, `${db}    when: outputs.web.ADDRESS == ""\n`), 13, /web → db → web/],
    ['a number for a text', changed('inputs.title', 'inputs.port'), 16, /comes to a number/],
    ['a text for a switch', changed(web, '      tls: { from: inputs.title }\n'), 16, /comes to a text/],
    ['a list', changed('inputs.title', '\'["a"]\''), 16, /comes to a list/],
    ['a list of a server', changed('inputs.title', '"@apps"'), 16, /cannot be used/],
    ['a value of the wrong type', changed(web, '      port: abc\n'), 16, /whole number/],
    ['a secret where everybody sees it', changed('inputs.title', "'\"x\" + inputs.secret'"), 16, /is a secret/],
    ['a condition that shows a secret', changed(db, `${db}    when: inputs.secret == "x"\n`), 24, /would show it/],
    ['a secret in the file', changed('      password: { from: inputs.secret }', '      password: hunter22'), 25, /everybody can read this file/],
    ['an output as a secret', changed('db_password: { from: inputs.secret }', 'db_password: { from: outputs.db.URL }'), 18, /stands in the log/],
    ['the same app twice', changed('  - app: base', '  - app: web'), 19, /"web" stands there twice/],
    ['the same installer twice on one server', `${SHOP}  - { app: more, installer: runtime }\n`, 26, /runtime on server/],
    ['a server that is not there', changed('installer: runtime', 'installer: runtime\n    server: moon'), 21, /no server "moon"/],
    ['no server where there are two', changed('apps:', 'servers: [{ role: a, label: A }, { role: b, label: B }]\napps:'), 14, /which server/],
    ['an app to wait for that is not there', changed('installer: runtime', 'installer: runtime\n    depends_on: [moon]'), 21, /no app "moon"/],
    ['an upgrade that is not offered', changed('installer: runtime', 'installer: runtime\n    if_present: upgrade'), 21, /offers no upgrade/],
    ['choices of a server', changed('type: string, label: Title, default: Shop', 'type: select, choices_from: "@apps", label: Title'), 8, /before the servers are known/],
    ['a secret with a default', changed('type: password, label: Password, required: true', 'type: password, label: Password, default: hunter22'), 9, /a secret has no default/],
    ['a typo', changed('version: 1.0.0', 'verison: 1.0.0'), 3, /"verison" is not a field of a bundle/],
    ['no apps', SHOP.slice(0, SHOP.indexOf('apps:')), null, /apps/],
    ['a prototype', `${SHOP}__proto__: { id: x }\n`, 26, /__proto__/],
    ['a prototype among the inputs', changed(web, '      __proto__: x\n'), 16, /__proto__/],
    ['a prototype as an app', changed('  - app: base', '  - app: __proto__'), 19, /lower-case/],
    ['a path as an id', changed('id: shop', 'id: ../shop'), 1, /lower-case/],
    ['aliases', `x: &a [1]\ny: *a\n${SHOP}`, null, /alias/i],
    ['a bomb', `a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\n${SHOP}`, null, /alias/i],
    ['a key twice', `${SHOP}name: Again\n`, 26, /unique/i],
    ['two documents', `${SHOP}---\n${SHOP}`, 26, /./],
    ['far too deep nesting', '['.repeat(20_000), null, /./],
    ['far too much', `# ${'x'.repeat(200_000)}`, null, /longer than/],
    ['an expression that is too deep', changed('inputs.title', `'${'('.repeat(60)}inputs.title${')'.repeat(60)}'`), 16, /deeper/],
  ])('%s', async ([, text, line, reason], { read }) => {
    const { bundles, refused } = await read(text);
    expect(bundles.size).toBe(0);
    const told = refused.find((problem) => reason.test(problem.reason));
    expect(told, JSON.stringify(refused)).toMatchObject({ folder: 'bundles/shop', file: 'bundle.yml' });
    if (line !== null) expect(told).toMatchObject({ line });
  });
  test('a folder with another name, without its file, or that is a link', async ({ read, directory }) => {
    await mkdir(join(directory, 'bundles'), { recursive: true });
    await symlink('/etc', join(directory, 'bundles/etc'));
    const { bundles, refused } = await read(SHOP, { 'bundles/other/bundle.yml': SHOP, 'bundles/empty/x': '' });
    expect([...bundles.keys()]).toEqual(['shop']);
    expect(refused.map(({ folder }) => folder)).toEqual(['bundles/empty', 'bundles/etc', 'bundles/other']);
  });
});

test('every graph has an order in which each comes after all that it needs, or a circle that is one', () => {
  const graph = fc.integer({ min: 1, max: 12 }).chain((size) => fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 30 }).map((pairs) => {
    const edges = new Map(Array.from({ length: size }, (_, index) => [`a${index}`, new Set<string>()]));
    for (const [from, to] of pairs) if (from !== to) edges.get(`a${from}`)!.add(`a${to}`);
    return edges;
  }));
  fc.assert(fc.property(graph, (edges) => {
    const found = orderOf(edges);
    if ('circle' in found) {
      expect(found.circle.length).toBeGreaterThan(2);
      expect(found.circle[0]).toBe(found.circle.at(-1));
      for (const [index, app] of found.circle.slice(0, -1).entries()) expect(edges.get(app)!.has(found.circle[index + 1]!)).toBe(true);
      return;
    }
    expect([...found.order].sort()).toEqual([...edges.keys()].sort());
    for (const [app, needs] of edges) for (const before of needs) expect(found.order.indexOf(before)).toBeLessThan(found.order.indexOf(app));
  }), { numRuns: 500 });
});
