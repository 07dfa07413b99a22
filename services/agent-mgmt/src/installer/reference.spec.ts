/** The examples of docs/reference/expressions.md and installer-manifest.md are what installers do. */
import { readFileSync } from 'node:fs';
import { choicesFrom, InstallerManifest, parseExpression, preflight, valueFrom } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';
import { readManifest } from '@citrus/contracts/installer-folder';

const page = (name: string): string => readFileSync(new URL(`../../../../${name}`, import.meta.url), 'utf8');
const EXPRESSIONS = page('docs/reference/expressions.md');
const MANIFEST = page('docs/reference/installer-manifest.md');
const SCHEMA = page('installers/SCHEMA.md');
const WHOLE = /```yaml\n(.*?)```/s.exec(MANIFEST)?.[1] ?? '';

/** The rows of a table under a heading. */
const rowsUnder = (text: string, heading: string): [string, string][] => {
  const section = text.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section.split('\n').flatMap((line) => {
    const row = /^\| `(.*?)` \| (.*) \|$/.exec(line);
    return row ? [[row[1] ?? '', row[2] ?? ''] as [string, string]] : [];
  });
};

describe('the reference of expressions', () => {
  const values = { mode: 'proxy', port: 8080, tls: true, name: 'shop', note: '' };
  const sources = { apps: ['nginx', 'redis'], versions: ['17', '16'] };
  test.each(rowsUnder(EXPRESSIONS, 'Examples'))('%s comes to %s', (text, wanted) => {
    const expression = parseExpression(text);
    const value = choicesFrom(expression, values, sources) ?? valueFrom(expression, values, sources);
    // A condition may also be written with what is only missing or empty.
    expect(JSON.stringify(value === '' ? false : value)).toBe(wanted);
  });
  test.each(rowsUnder(EXPRESSIONS, 'What is refused'))('%s is refused', (text, said) => {
    expect(() => parseExpression(text)).toThrow(said);
  });
  test('shows all of them', () => {
    expect([rowsUnder(EXPRESSIONS, 'Examples').length, rowsUnder(EXPRESSIONS, 'What is refused').length]).toEqual([14, 10]);
  });
});

describe('the reference of manifests', () => {
  test('shows one that is read, and uses every field', () => {
    const reading = readManifest(WHOLE);
    expect(reading).toHaveProperty('manifest');
    const used = new Set([...WHOLE.matchAll(/([a-z_]+):/g)].map(([, name]) => name));
    expect(Object.keys(InstallerManifest.shape).filter((field) => !used.has(field) && !['portable', 'install_script'].includes(field))).toEqual([]);
    expect('manifest' in reading && preflight(reading.manifest, {}, { values: { http_port: 80 } }).map(({ id }) => id)).toEqual(['machine', 'system', 'architecture', 'memory', 'disk', 'port-80', 'depends-postgresql', 'conflicts-other-shop']);
  });
  test.each(rowsUnder(MANIFEST, 'What is refused'))('%s is refused', (line, said) => {
    const begin = /^\s*(?:- )?(?:\{ )?[a-z_]+: ?(?:[a-z_/]+(?=,))?/.exec(line)?.[0] ?? line;
    const lines = WHOLE.split('\n');
    const at = lines.findIndex((each) => each.startsWith(begin));
    const text = at === -1 ? `${WHOLE}${line}\n` : lines.with(at, line).join('\n');
    const reading = readManifest(text);
    expect('problems' in reading ? reading.problems.map(({ reason }) => reason).join('\n').toLowerCase() : 'it was read').toContain(said.toLowerCase());
  });
});

describe('installers/SCHEMA.md', () => {
  test('names every field of a manifest and of an input, and no other', () => {
    const named = new Set([...SCHEMA.matchAll(/`([a-z_]+)(?:[.[][^`]*)?`/g)].map(([, name]) => name));
    const fields = [...Object.keys(InstallerManifest.shape), ...Object.keys(InstallerManifest.shape.inputs.unwrap().element.shape)];
    expect(fields.filter((field) => !named.has(field))).toEqual([]);
    const table = [...(SCHEMA.split('## manifest.yml')[1]?.split('\n## ')[0] ?? '').matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`\.?([a-z_]+)/g)].map(([, name]) => name));
    expect(table.filter((name) => !Object.keys(InstallerManifest.shape).includes(name ?? '') && !['memory_mb', 'disk_mb', 'families', 'versions', 'architectures', 'ports_free', 'conflicts'].includes(name ?? ''))).toEqual([]);
  });
});
