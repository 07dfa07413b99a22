/**
 * docs/threat-model.md and docs/asvs.md cannot drift from the tests: each sentence has tests of its number, and each number a
 * sentence. CITRUS_WRITE_DOCS=1 writes the names of the files under the sentences anew.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const specs = globSync(['{agent,bench,cli,contracts,deploy,e2e,installers,kit,panel,services,tools}/**/*.spec.ts'], { cwd: root, exclude: (name) => /(^|\/)(node_modules|dist|\.cache|\.citrus)$/.test(name) });

/** Numbers at the beginning of a title, one or several. */
const numbersIn = (text: string): string[] => [...text.matchAll(/['"`](T\d{3}(?:, T\d{3})*)\. /g)].flatMap(([, numbers = '']) => numbers.split(', '));
const filesByNumber = new Map<string, Set<string>>();
for (const file of specs) for (const number of numbersIn(read(file))) filesByNumber.set(number, (filesByNumber.get(number) ?? new Set()).add(file));

const filesOf = (number: string): string[] => [...(filesByNumber.get(number) ?? [])].toSorted();
const SENTENCE = /^- \*\*(T\d{3})\.\*\* (.+)\n {2}(.+)$/gm;
if (process.env['CITRUS_WRITE_DOCS']) {
  const anew = read('docs/threat-model.md').replaceAll(SENTENCE, (_all, number: string, text: string) => `- **${number}.** ${text}\n  ${filesOf(number).map((file) => `\`${file}\``).join(' ')}`);
  writeFileSync(join(root, 'docs/threat-model.md'), anew);
}

/** `- **T101.** The sentence.` and, indented under it, the files of its tests. */
const sentences = [...read('docs/threat-model.md').matchAll(SENTENCE)].map(([, number = '', text = '', named = '']) => ({ number, text, files: [...named.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file) }));

test('each sentence of the threat model has its tests, in the files that it names and in no other', () => {
  expect(sentences.length).toBeGreaterThan(80);
  expect(sentences.map(({ number, files }) => ({ number, files: files.toSorted() })), 'CITRUS_WRITE_DOCS=1 vitest run --project unit tools/threat-model.spec.ts writes them').toEqual(sentences.map(({ number }) => ({ number, files: filesOf(number) })));
});

test('each number stands for one sentence, and each numbered test for a sentence', () => {
  const numbers = sentences.map(({ number }) => number);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect([...filesByNumber.keys()].toSorted()).toEqual(numbers.toSorted());
});

test('each number that the documents mention is a sentence', () => {
  const known = new Set(sentences.map(({ number }) => number));
  const mentioned = ['docs/threat-model.md', 'docs/asvs.md'].flatMap((file) => [...read(file).matchAll(/\bT\d{3}\b/g)].map(([number]) => number));
  expect(mentioned.filter((number) => !known.has(number))).toEqual([]);
});

/** `file` «the beginning of a title», also after a number. */
const named = [...read('docs/asvs.md').matchAll(/`([^`]+\.spec\.ts)` «([^»]+)»/g)].map(([, file = '', title = '']) => ({ file, title }));

test('each test that the table of ASVS names is there', () => {
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(({ file, title }) => !specs.includes(file) || !['', ...numbersIn(read(file)).map((number) => `${number}. `)].some((before) => ["'", '"', '`'].some((quote) => read(file).includes(`${quote}${before}${title}`))))).toEqual([]);
});

const REQUIREMENTS = { 6: [3, 12, 4, 4, 5, 3, 0, 4], 7: [3, 4, 2, 5, 2, 2], 8: [2, 3, 1, 1], 9: [3, 4] } as const;
test('the table has every requirement of level 1 and 2, each once, met by a test or with what is missing', () => {
  const rows = [...read('docs/asvs.md').matchAll(/^\| (\d+\.\d+\.\d+) \| [12] \| [^|]+ \| ([^|]+) \| ([^|]*) \| ([^|]*) \|$/gm)].map(([, number = '', status = '', how = '', tests = '']) => ({ number, status: status.replaceAll('*', '').trim(), how: how.trim(), tests: tests.trim() }));
  const counted = Object.entries(REQUIREMENTS).flatMap(([chapter, sections]) => sections.map((count, index) => ({ section: `${chapter}.${index + 1}`, count })));
  expect(counted.map(({ section }) => ({ section, count: rows.filter(({ number }) => number.startsWith(`${section}.`)).length }))).toEqual(counted);
  expect(new Set(rows.map(({ number }) => number)).size).toBe(rows.length);
  expect(rows.filter(({ status, how, tests }) => (status === 'met' ? !tests : status !== 'not met' && status !== 'does not apply') || (status !== 'met' && !how))).toEqual([]);
});
