/**
 * T2301. Whatever somebody types into a form arrives in the script as it was typed: checked as the API checks, carried
 * as JSON, signed, sealed, checked again, put into an environment, read back by a program. Many texts in each job.
 */
import { checkInputs, type Input, type InputValue } from '@citrus/contracts';
import { eventually } from '@citrus/kit-testing';
import * as fc from 'fast-check';
import { createHash } from 'node:crypto';
import { describe, expect } from 'vitest';
import type { ControlPlane } from './testing/control-plane.ts';
import { test } from './testing/fixtures.ts';

const PLACES = Array.from({ length: 40 }, (_, index) => ({ id: `text_${index}`, sensitive: index % 4 === 3 }));
const INPUTS: Input[] = PLACES.map(({ id, sensitive }) => ({ id, type: 'string', label: id, required: false, validation: {}, sensitive }));
const MANIFEST = `inputs:\n${PLACES.map(({ id, sensitive }) => `  - { id: ${id}, type: string, label: ${id}, sensitive: ${sensitive} }\n`).join('')}`;
/** Digests, because the output is masked and cut into lines; hashed by another program than the one that put them there. */
const SCRIPT = '"$CITRUS_NODE" -e \'const { createHash } = require("node:crypto"); for (const [name, value] of Object.entries(process.env)) if (name.startsWith("TEXT_")) console.log(name, createHash("sha256").update(Buffer.from(value, "utf8")).digest("hex"), value.length)\'\n'
  // Bash itself hands it on unharmed, too.
  + 'for name in "${!TEXT_@}"; do printf "%s\\0%s\\0" "$name" "${!name}"; done | "$CITRUS_NODE" -e \'const { createHash } = require("node:crypto"); const parts = require("node:fs").readFileSync(0).toString("utf8").split("\\0"); for (let at = 0; at + 1 < parts.length; at += 2) console.log(parts[at], "bash", createHash("sha256").update(parts[at + 1]).digest("hex"))\'';

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
const KIB_64 = 65_536;
/** What has broken others: quotes, expansions, line ends, forms that look alike, what ends a line or a text, edges of UTF-8. */
const NASTY = [
  ' ', '\n', '\r\n\r', '\t\v\f', '  both ends \n', '\u0001\u0002\u001b[31m\u007f\u0085', '\u2028\u2029', '\ufeffmark', '\ufffe\uffff\ufffd', '\u{10ffff}\u{1f600}👩‍👩‍👧', 'é\u0065\u0301', '\u202eabc\u2066', '$(id)`id`${IFS}\'"\\;&|<>*?[]{}~#!%',
  '"; touch /tmp/x; "', '() { :; }; echo x', '-e', '--', '=x', 'a=b\nPATH=/x', '\\u0000', '%00', '::progress 40 x\n::output A b', '{"a":1}', '__proto__', 'null', 'true', '-0', '1e5', '\u00a0\u200b', 'İıſK', 'x'.repeat(KIB_64), '"\\\n'.repeat(KIB_64 / 3), '\u0001'.repeat(20_000),
  '語'.repeat(KIB_64 / 4 / 3), '😀'.repeat(1000),
];
const text = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'binary', minLength: 4, maxLength: 60 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', minLength: 4, maxLength: 30 }) },
  { weight: 2, arbitrary: fc.array(fc.constantFrom(...NASTY.filter((each) => each.length < 60)), { minLength: 2, maxLength: 8 }).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary-ascii', minLength: 100, maxLength: 2000 }) },
).map((each) => each.replaceAll('\0', '').padEnd(4, '.'));

const settled = (texts: readonly string[]): Record<string, InputValue> => {
  // As it comes from a form: through JSON.
  const raw = JSON.parse(JSON.stringify(Object.fromEntries(texts.map((each, index) => [`text_${index}`, each])))) as Record<string, unknown>;
  const { values, problems } = checkInputs(INPUTS, raw);
  expect(problems).toEqual([]);
  return values;
};

const carry = async (plane: ControlPlane, texts: readonly string[]): Promise<void> => {
  const values = settled(texts);
  const isSecret = (id: string) => PLACES.some((place) => place.id === id && place.sensitive);
  const pick = (wanted: boolean) => Object.fromEntries(Object.entries(values).filter(([id]) => isSecret(id) === wanted));
  const job = plane.runJob({ installerDigest: plane.publish(SCRIPT, MANIFEST), inputs: pick(false), sealedInputs: plane.seal(pick(true)) });
  expect(await plane.ring(plane.sign(job))).toEqual({ outcome: 'accepted' });
  const [report] = await eventually(() => {
    const reports = plane.finishedOf(job.jobId);
    expect(reports).toHaveLength(1);
    return reports;
  }, { timeoutMs: 60_000 });
  expect(report).toMatchObject({ outcome: 'succeeded' });
  const wanted = texts.flatMap((each, index) => [`TEXT_${index} ${sha256(each)} ${each.length}`, `TEXT_${index} bash ${sha256(each)}`]);
  const lines = await eventually(() => {
    const printed = plane.textOf(job.jobId).split('\n').filter((line) => line.startsWith('TEXT_'));
    expect(printed).toHaveLength(wanted.length);
    return printed;
  }, { timeoutMs: 30_000 });
  const arrived = new Set(lines);
  expect(wanted.filter((line) => !arrived.has(line)).map((line) => [line, JSON.stringify(texts[Number(/\d+/.exec(line)?.[0])]?.slice(0, 60))])).toEqual([]);
};

describe('a text from a form', () => {
  test('arrives in the script as it was typed', { timeout: 240_000 }, async ({ plane }) => {
    const short = NASTY.filter((each) => each.length < 1000).map((each) => each.padEnd(4, '.'));
    await carry(plane, short.slice(0, PLACES.length));
    for (const long of NASTY.filter((each) => each.length >= 1000)) await carry(plane, ['one', 'two', 'three', long, long.slice(0, 2000)].map((each) => each.padEnd(4, '.')));
    await fc.assert(fc.asyncProperty(fc.array(text, { minLength: PLACES.length, maxLength: PLACES.length }), (texts) => carry(plane, texts)), { numRuns: 4, endOnFailure: true });
  });
});
