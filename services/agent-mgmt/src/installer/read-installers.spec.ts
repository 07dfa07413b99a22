import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { InstallerBundle } from '@citrus/contracts';
import { sha256Digest } from '@citrus/kit-crypto';
import { describe, expect, test as base } from 'vitest';
import { readInstallers } from './read-installers.ts';

const MANIFEST = `id: web
name: Web
version: 1.0.0
description: A web server
category: web
author: Citrus
inputs:
  - id: port
    type: port
    label: Port
    default: 8080
  - id: tls
    type: boolean
    label: TLS
    default: false
  - id: mail
    type: email
    label: Mail
    visible_if: tls == true
scripts:
  uninstall: uninstall.sh
`;
const GOOD = { 'web/manifest.yml': MANIFEST, 'web/install.sh': '#!/bin/bash\n', 'web/uninstall.sh': '#!/bin/bash\n' };

type Write = (files: Record<string, string>) => Promise<void>;
const test = base
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern to know what a fixture needs
  .extend('directory', async ({}, { onCleanup }): Promise<string> => {
    const directory = await mkdtemp(join(tmpdir(), 'installers-'));
    onCleanup(() => rm(directory, { recursive: true, force: true }));
    return directory;
  })
  .extend('write', async ({ directory }): Promise<Write> => async (files) => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    }
  });

const changed = (from: string, to: string): string => {
  expect(MANIFEST).toContain(from);
  return MANIFEST.replace(from, to);
};

test('is refused in one plain line of bounded length, whatever it says', async ({ directory, write }) => {
  await write({ ...GOOD, 'web/manifest.yml': `${MANIFEST}"a\\0\\ud800\\e[31m\\n\\u202e${'ü'.repeat(900)}": 1\n` });
  const [refused] = (await readInstallers(directory)).refused;
  expect(refused?.reason).toMatch(/^"a\ufffd{2}\ufffd\[31m\ufffd\ufffdü+…$/);
  expect(refused?.reason).toHaveLength(400);
});

describe('a good installer', () => {
  test('is read with its digest', async ({ directory, write }) => {
    await write({ ...GOOD, 'web/templates/site.conf': 'x', 'web/README.md': 'for people' });
    const { installers, refused } = await readInstallers(directory);
    const { installer, bundle } = installers.get('web')!;
    expect(refused).toEqual([]);
    expect(installer).toMatchObject({ id: 'web', timeout_seconds: 1800, install_script: 'install.sh', digest: sha256Digest(bundle.json) });
    expect(InstallerBundle.parse(JSON.parse(bundle.json)).files.map(({ path, mode }) => [path, mode])).toEqual([
      ['install.sh', 0o755], ['manifest.yml', 0o644], ['templates/site.conf', 0o644], ['uninstall.sh', 0o755],
    ]);
  });
  test('may offer the versions of a file', async ({ directory, write }) => {
    await write({ ...GOOD, 'web/manifest.yml': changed('type: email\n    label: Mail\n', 'type: select\n    label: Mail\n    choices_from: "@versions"\n'), 'web/versions.txt': '16\n15.2\n\n' });
    const { installers, refused } = await readInstallers(directory);
    expect([installers.get('web')?.installer.versions, refused]).toEqual([['16', '15.2'], []]);
  });
  test('has the same digest whatever the modes of the files here', async ({ directory, write }) => {
    await write(GOOD);
    const before = (await readInstallers(directory)).installers.get('web')!.bundle.digest;
    await chmod(join(directory, 'web/install.sh'), 0o700);
    expect((await readInstallers(directory)).installers.get('web')!.bundle.digest).toBe(before);
  });
  test('is not spoilt by a bad neighbour', async ({ directory, write }) => {
    await write({ ...GOOD, 'bad/manifest.yml': 'id: [', 'SCHEMA.md': 'read me', '.git/HEAD': 'x' });
    const { installers, refused } = await readInstallers(directory);
    expect([...installers.keys()]).toEqual(['web']);
    expect(new Set(refused.map(({ folder }) => folder))).toEqual(new Set(['bad']));
  });
});

describe('a bad manifest is refused with its line and the reason:', () => {
  test.for<[string, string, number | null, RegExp]>([
    ['a typo in a field', changed('category:', 'categry:'), 5, /"categry" is not a field/],
    ['a typo in an input', changed('label: TLS', 'lable: TLS'), 14, /"lable" is not a field/],
    ['a missing field', changed('author: Citrus\n', ''), 1, /author/],
    ['a wrong type', changed('default: 8080', 'default: [1]'), 11, /default/],
    ['an unknown input type', changed('type: email', 'type: mail'), 17, /inputs\[3\]\.type/],
    ['a version that is a number', changed('1.0.0', '1.0'), 3, /version/],
    ['a reserved variable', changed('id: port', 'id: path'), 8, /PATH is reserved/],
    ['a loader variable', changed('id: port', 'id: ld_preload'), 8, /LD_PRELOAD is reserved/],
    ['a variable that a common program obeys', changed('id: port', 'id: tar_options'), 8, /TAR_OPTIONS is reserved/],
    ['a double input', changed('id: tls', 'id: port'), 12, /two inputs have the id "port"/],
    ['a condition on a later input', changed('default: 8080', 'visible_if: tls'), 11, /"tls" is not an input above/],
    ['a condition that does not parse', changed('tls == true', 'tls =='), 19, /expected a value/],
    ['a condition that wants to be code', changed('tls == true', 'constructor.constructor("x")()'), 19, /unexpected character/],
    ['a default out of range', changed('default: 8080', 'default: 70000'), 11, /the default must be a port/],
    ['a default for a secret', changed('type: port\n    label: Port\n    default: 8080', 'type: password\n    label: P\n    default: hunter22'), 11, /a secret has no default/],
    ['a pattern that does not compile', changed('type: port\n    label: Port\n    default: 8080', 'type: string\n    label: P\n    validation:\n      pattern: "(?=x)"'), 12, /does not compile/],
    ['a pattern that takes a second', changed('type: port\n    label: Port\n    default: 8080', `type: string\n    label: P\n    validation:\n      pattern: "${'a{0,900}'.repeat(10)}"`), 12, /repeats too much/],
    ['a pattern on a number', changed('default: 8080', 'validation: { pattern: "^8" }'), 11, /an input of type port has no pattern/],
    ['a select without choices', changed('type: port', 'type: select'), 9, /allowed_values/],
    ['a script with a path', changed('uninstall.sh', '../../etc/passwd'), 21, /scripts\.uninstall/],
    ['an unknown action', changed('uninstall: uninstall.sh', 'destroy: uninstall.sh'), 21, /destroy/],
    ['a secret in the closing words', `${MANIFEST}after_install: "{{SECRET}}"\n`, 22, /SECRET/],
    ['a key that stands twice', `${MANIFEST}name: Again\n`, 22, /unique/],
    ['broken YAML', changed('name: Web', 'name: "Web'), 22, /closing "quote/],
    ['a tag that wants to be code', changed('name: Web', 'name: !!js/function "x"'), 2, /tag/i],
    ['a word of the language as an id', changed('id: port', 'id: if'), 8, /"if" is a word of the expression language/],
    ['a condition that is too long', changed('tls == true', `tls == "${'x'.repeat(1000)}"`), 19, /visible_if/],
    ['a condition that is too deep', changed('tls == true', `${'('.repeat(60)}tls${')'.repeat(60)}`), 19, /nested deeper than 40/],
    ['a condition on a list of the system', changed('tls == true', 'tls in @apps'), 19, /@apps can only be used in choices_from/],
    ['a default that follows from itself', changed('default: false', 'default_from: tls'), 15, /"tls" is not an input above/],
    ['a default that shows a secret', changed('type: boolean\n    label: TLS\n    default: false\n  - id: mail\n    type: email\n    label: Mail\n    visible_if: tls == true', 'type: password\n    label: TLS\n  - id: mail\n    type: email\n    label: Mail\n    default_from: tls'), 18, /"tls" is a secret/],
    ['choices that are no list', changed('type: email\n    label: Mail\n', 'type: select\n    label: Mail\n    choices_from: tls\n'), 19, /must come to a list/],
    ['choices said twice', changed('type: email\n    label: Mail\n', 'type: select\n    label: Mail\n    validation: { allowed_values: [a] }\n    choices_from: "[1]"\n'), 20, /one of them says/],
    ['choices from versions that are not there', changed('type: email\n    label: Mail\n', 'type: select\n    label: Mail\n    choices_from: "@versions"\n'), null, /no version in this file/],
    ['a system version for a system that it does not run on', `${MANIFEST}os_requirements: { families: [debian], versions: { ubuntu: ">=22" } }\n`, 22, /ubuntu is not among the families/],
    ['a range that is none', `${MANIFEST}os_requirements: { versions: { debian: latest } }\n`, 22, /a version or comparisons/],
    ['an installer that needs itself', `${MANIFEST}depends_on: [{ installer: web }]\n`, 22, /cannot depend on itself/],
    ['an installer that is needed and unwanted', `${MANIFEST}depends_on: [{ installer: php }]\nrequires: { conflicts: [php] }\n`, 22, /cannot be both/],
    ['a port of an input that is none', `${MANIFEST}ports: [{ port: tls, purpose: Web }]\n`, 22, /not a port/],
    ['a free port that nobody asks for', `${MANIFEST}requires: { ports_free: [prt] }\n`, 22, /"prt" is not an input/],
    ['a file outside', `${MANIFEST}files: [{ path: /etc/../root, purpose: x }]\n`, 22, /an absolute path/],
    ['an output twice', `${MANIFEST}outputs: [{ name: URL, description: x }, { name: URL, description: y }]\n`, 22, /stands there twice/],
    ['an output in small letters', `${MANIFEST}outputs: [{ name: url, description: x }]\n`, 22, /upper-case/],
    ['a restore without a backup', changed('uninstall: uninstall.sh', 'restore: uninstall.sh'), 21, /nothing to restore/],
    ['an unknown name in a notice', `${MANIFEST}notices: { before_install: "{{SECRET}}" }\n`, 22, /SECRET/],
    ['a prototype', `${MANIFEST}__proto__: { id: x }\n`, 22, /__proto__/],
    ['aliases', `x: &a [1]\ny: *a\n${MANIFEST}`, null, /alias/i],
    ['a list', '- 1\n', 1, /expected object/i],
    ['nothing', '', 1, /expected object/i],
    ['far too deep nesting', '['.repeat(20_000), null, /./],
    ['far too much', `# ${'x'.repeat(200_000)}`, null, /longer than/],
  ])('%s', async ([, manifest, line, reason], { directory, write }) => {
    await write({ ...GOOD, 'web/manifest.yml': manifest });
    const { installers, refused } = await readInstallers(directory);
    expect(installers.size).toBe(0);
    const told = refused.find((problem) => reason.test(problem.reason));
    expect(told, JSON.stringify(refused)).toMatchObject({ folder: 'web' });
    if (line !== null) expect(told).toMatchObject({ file: 'manifest.yml', line });
  });

  test('every fault at once', async ({ directory, write }) => {
    await write({ ...GOOD, 'web/manifest.yml': MANIFEST.replace('version: 1.0.0', 'version: 1').replace('author:', 'autor:') });
    expect((await readInstallers(directory)).refused.map(({ line }) => line).sort((a, b) => Number(a) - Number(b))).toEqual([1, 3, 6]);
  });
});

describe('a bad folder is refused with the file to blame:', () => {
  test('no manifest', async ({ directory, write }) => {
    await write({ 'web/install.sh': '' });
    expect((await readInstallers(directory)).refused).toMatchObject([{ folder: 'web', file: 'manifest.yml' }]);
  });
  test('another id than the folder', async ({ directory, write }) => {
    await write({ 'other/manifest.yml': MANIFEST, 'other/install.sh': '', 'other/uninstall.sh': '' });
    expect((await readInstallers(directory)).refused).toMatchObject([{ folder: 'other', reason: 'the id is "web", but the folder is named "other"' }]);
  });
  test('a script that is not there', async ({ directory, write }) => {
    await write({ 'web/manifest.yml': MANIFEST, 'web/install.sh': '' });
    expect((await readInstallers(directory)).refused).toMatchObject([{ folder: 'web', file: 'uninstall.sh' }]);
  });
  test('a link to somewhere else', async ({ directory, write }) => {
    await write(GOOD);
    await symlink('/etc/passwd', join(directory, 'web/secrets'));
    const { installers, refused } = await readInstallers(directory);
    expect(installers.size).toBe(0);
    expect(refused).toMatchObject([{ folder: 'web', file: 'secrets', reason: expect.stringContaining('no links') }]);
  });
  test('a folder that is a link', async ({ directory, write }) => {
    await write(GOOD);
    await symlink(join(directory, 'web'), join(directory, 'web2'));
    expect((await readInstallers(directory)).refused).toMatchObject([{ folder: 'web2' }]);
  });
  test('a name that a shell could stumble over', async ({ directory, write }) => {
    await write({ ...GOOD, 'web/a b;c': '' });
    expect((await readInstallers(directory)).refused).toMatchObject([{ folder: 'web', file: 'a b;c' }]);
  });
  test('too much', async ({ directory, write }) => {
    await write({ ...GOOD, 'web/large.bin': 'x'.repeat(800_000) });
    expect((await readInstallers(directory)).refused).toMatchObject([{ folder: 'web', file: 'large.bin' }]);
  });
});
