/** The examples of docs/reference/bundle.md are what bundles do. */
import { readFileSync } from 'node:fs';
import { BundleApp, BundleManifest, Installer, parseBundleExpression, valueFrom } from '@citrus/contracts';
import { readYaml } from '@citrus/contracts/installer-folder';
import { expect, test } from 'vitest';
import { bundleProblems } from './bundle-rules.ts';

const PAGE = readFileSync(new URL('../../../../docs/reference/bundle.md', import.meta.url), 'utf8');
const WHOLE = /```yaml\n(.*?)```/s.exec(PAGE)?.[1] ?? '';
const rowsUnder = (heading: string): [string, string][] => (PAGE.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '').split('\n').flatMap((line) => {
  const row = /^\| `(.*?)` \| (.*) \|$/.exec(line);
  return row ? [[row[1] ?? '', row[2] ?? ''] as [string, string]] : [];
});

const installer = (id: string, more: object) => Installer.parse({ id, name: id, version: '1.2.0', description: 'x', category: 'web', author: 'x', digest: `sha256:${'a'.repeat(64)}`, ...more });
const INSTALLERS = new Map([
  ['db', installer('db', { inputs: [{ id: 'password', type: 'password', label: 'P', required: true }], outputs: [{ name: 'URL', description: 'x' }] })],
  ['web', installer('web', { outputs: [{ name: 'ADDRESS', description: 'x' }], inputs: [
    { id: 'title', type: 'string', label: 'T' }, { id: 'db_url', type: 'string', label: 'U' }, { id: 'db_password', type: 'password', label: 'P' }, { id: 'port', type: 'port', label: 'P' },
    { id: 'mode', type: 'select', label: 'M', validation: { allowed_values: ['proxy', 'page'] } },
  ] })],
]);
const read = (text: string) => readYaml(text, { what: 'a bundle', schema: BundleManifest, rules: bundleProblems((id) => INSTALLERS.get(id)) });

test('the whole example is read, and uses every field', () => {
  expect(read(WHOLE)).toHaveProperty('value');
  const used = new Set([...WHOLE.matchAll(/([a-z_]+):/g)].map(([, name]) => name));
  expect([...Object.keys(BundleManifest.shape), ...Object.keys(BundleApp.shape)].filter((field) => !used.has(field))).toEqual([]);
});

const known = { 'inputs.title': 'Shop', 'inputs.port': 8080, 'inputs.tls': false, 'outputs.db.URL': 'db://10.0.0.7' };
test.each(rowsUnder('Expressions'))('%s comes to %s', (text, wanted) => expect(JSON.stringify(valueFrom(parseBundleExpression(text), known))).toBe(wanted));

test.each(rowsUnder('What is refused'))('%s is refused', (line, said) => {
  const begin = /^\s*[a-z_]+:/.exec(line)?.[0] ?? line;
  const lines = WHOLE.split('\n');
  const at = lines.findIndex((each) => each.startsWith(begin));
  const place = lines.findIndex((each) => each === '    inputs:');
  const text = at !== -1 ? lines.with(at, line).join('\n') : line.startsWith('      ') ? lines.toSpliced(place + 1, 0, line).join('\n') : `${WHOLE}${line}\n`;
  const reading = read(text);
  expect('problems' in reading ? reading.problems.map(({ reason }) => reason).join('\n') : 'it was read').toContain(said);
});
test('shows all of them', () => expect([rowsUnder('Expressions').length, rowsUnder('What is refused').length]).toEqual([7, 14]));
