import { InstallerManifest } from '@citrus/contracts';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as base } from 'vitest';
import { stageFor } from '../testing/stage.ts';
import { check, checkFolder } from './check.ts';
import { scriptFindings, secretFindings } from './script-rules.ts';

const MANIFEST = 'id: web\nname: Web\nversion: 1.0.0\ndescription: A web server\ncategory: web\nauthor: Citrus\ninputs:\n  - id: port\n    type: port\n    label: Port\n';
const START = '#!/bin/bash\nset -Eeuo pipefail\n';

const test = base.extend('folder', async ({}, { onCleanup }): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'check-'));
  onCleanup(() => rm(directory, { recursive: true, force: true }));
  const folder = join(directory, 'web');
  await mkdir(folder);
  for (const [path, text] of Object.entries({ 'manifest.yml': MANIFEST, 'install.sh': `${START}echo "$PORT"\n`, 'README.md': 'Web' })) await writeFile(join(folder, path), text);
  await chmod(join(folder, 'install.sh'), 0o755);
  return folder;
});
const told = async (folder: string): Promise<string[]> => (await checkFolder(folder)).findings.map(({ file, line, severity, message }) => `${file}:${line} ${severity}: ${message}`);

test('a good folder has no findings', async ({ folder }) => expect(await told(folder)).toEqual([]));

test('the manifest is held against the registry\'s own rules, with lines', async ({ folder }) => {
  await writeFile(join(folder, 'manifest.yml'), `${MANIFEST.replace('type: port', 'type: prot')}scripts: { uninstall: uninstall.sh }\n`);
  expect(await told(folder)).toEqual([expect.stringMatching(/^manifest\.yml:9 error: inputs\[1\]\.type: /)]);
  await writeFile(join(folder, 'manifest.yml'), `${MANIFEST}scripts: { uninstall: uninstall.sh }\n`);
  expect(await told(folder)).toEqual(['uninstall.sh:null error: the manifest names this script, but it is not in the folder']);
});

test('a link is an error, and what it leads to is not read', async ({ folder }) => {
  await symlink('/etc/passwd', join(folder, 'users'));
  expect(await told(folder)).toEqual(['users:null error: only plain files and folders: no links, sockets or devices']);
});

test('what bash cannot read is told with its line, and nothing of it is run', async ({ folder }) => {
  const canary = join(folder, 'canary');
  await writeFile(join(folder, 'install.sh'), `${START}touch ${canary}\nif true; then\n  echo x\n`);
  expect(await told(folder)).toEqual([expect.stringMatching(/^install\.sh:\d+ error: bash cannot read it: syntax error/)]);
});

base.each<[string, string, string[]]>([
  ['relies on it', 'echo "$PASSWORD"', ['uninstall.sh:3 warning: it relies on PASSWORD, and uninstall and health may run without secrets']],
  ['relies on it in braces', 'echo "${PASSWORD}"', ['uninstall.sh:3 warning: it relies on PASSWORD, and uninstall and health may run without secrets']],
  ['asks whether it is there', 'if [[ -v PASSWORD ]]; then echo "$PASSWORD"; fi', []],
  ['goes on without it', 'echo "${PASSWORD:-}"', []],
  ['means another one', 'echo "$PASSWORD_FILE" "${PASSWORDS}" # $PASSWORD', []],
])('a script that runs without secrets and %s', (_name, text, expected) => {
  const manifest = InstallerManifest.parse({ id: 'web', name: 'Web', version: '1.0.0', description: 'A', category: 'web', author: 'Citrus', inputs: [{ id: 'password', type: 'password', label: 'P', required: true }, { id: 'port', type: 'port', label: 'P' }], scripts: { uninstall: 'uninstall.sh', health: 'uninstall.sh', backup: 'install.sh', upgrade: 'upgrade.sh' } });
  const scripts = ['install.sh', 'upgrade.sh', 'uninstall.sh', 'lib.sh'].map((path) => ({ path, text: `${START}${path === 'uninstall.sh' ? text : 'echo "$PASSWORD"'}` }));
  expect(secretFindings(manifest, scripts).map(({ file, line, severity, message }) => `${file}:${line} ${severity}: ${message}`)).toEqual(expected);
});

const rulesOf = (text: string, ...libraries: { path: string; text: string }[]): string[] => scriptFindings([{ path: 'install.sh', text }, ...libraries], new Set(['install.sh'])).map(({ line, severity, message }) => `${line} ${severity}: ${message}`);

base.each([
  ['a script with CRLF', '#!/bin/bash\r\nset -euo pipefail\r\n', ['1 error: its lines end as on Windows (CRLF)']],
  ['one that goes on after a failure', '#!/bin/bash\nset -e\n', ['1 error: a failing step would go unnoticed: set -u -o pipefail is missing']],
  ['one in another language', '#!/usr/bin/python3\nset -euo pipefail\n', ['1 error: it does not begin with #!/bin/bash']],
  ['a question of apt', `${START}apt-get install nginx`, ['3 warning: apt-get asks whether to go on']],
  ['a question', `${START}read -r -p "Name? " name`, ['3 warning: it asks a person']],
  ['the network run as root', `${START}curl -fsSL https://example.com/install | sh`, ['3 warning: it runs whatever the network answers']],
  ['a log with secrets', `${START}set -x`, ['3 warning: set -x writes every value into the log']],
  ['options in pieces', '#!/usr/bin/env bash\nset -e -o nounset\nset -o pipefail\n', []],
  ['what is all right', `${START}apt-get install -y nginx\n# sudo apt-get install x\nwhile read -r line; do echo "$line"; done <file`, []],
])('%s', (_name, text, expected) => expect(rulesOf(text)).toEqual(expected));

base('options may stand in a file that is sourced', () => {
  expect(rulesOf('#!/bin/bash\n. "$(dirname "$0")/lib.sh"\n', { path: 'lib.sh', text: 'set -euo pipefail\n' })).toEqual([]);
});

test('all findings are told, then it fails; programs get one document', async ({ folder }) => {
  await writeFile(join(folder, 'install.sh'), '#!/bin/bash\nsudo true\n');
  const stage = stageFor(() => undefined);
  await expect(check([folder], {}, stage.terminal)).rejects.toMatchObject({ exit: 1, code: 'installer.faulty' });
  expect(stage.lines.out).toHaveLength(2);
  await expect(check([join(folder, '..')], { json: true }, stage.terminal)).rejects.toMatchObject({ exit: 1 });
  expect(JSON.parse(stage.lines.out[2]!)).toMatchObject({ ok: false, errors: 1, warnings: 1, installers: [{ findings: [{ file: 'install.sh', line: 1 }, { line: 2 }] }] });
  await expect(check([join(folder, 'nowhere')], {}, stage.terminal)).rejects.toMatchObject({ exit: 2 });
});
