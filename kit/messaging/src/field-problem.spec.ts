import { ContractViolation } from '@citrus/kit-domain';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseAs } from './wire.ts';

const violationOf = (schema: z.ZodType, value: unknown): ContractViolation => {
  try {
    parseAs(schema, value, 'The request');
  } catch (error) {
    if (error instanceof ContractViolation) return error;
    throw error;
  }
  throw new Error('nothing was wrong');
};
const problemsOf = (schema: z.ZodType, value: unknown) => violationOf(z.strictObject({ it: schema }), { it: value }).fields;

test.each<[what: string, z.ZodType, value: unknown, words: string]>([
  ['a missing text', z.string(), undefined, 'is required'],
  ['a missing choice', z.enum(['a', 'b']), undefined, 'is required'],
  ['a number for a text', z.string(), 7, 'must be text'],
  ['null for a text', z.string(), null, 'must be text'],
  ['a text for a number', z.number(), 'x', 'must be a number'],
  ['a text of a query that is no number', z.coerce.number(), 'x', 'must be a number'],
  ['a fraction', z.int(), 1.5, 'must be a whole number'],
  ['a text for a switch', z.boolean(), 'yes', 'must be true or false'],
  ['a text for a list', z.array(z.string()), 'x', 'must be a list'],
  ['a text for an object', z.object({}), 'x', 'must be an object'],
  ['a list for a record', z.record(z.string(), z.string()), [], 'must be an object'],
  ['an odd type', z.undefined(), 1, 'has the wrong type'],
  ['none of the choices', z.enum(['a', 'b', 'c']), 'd', 'must be one of a, b, c'],
  ['not the only choice', z.literal('a'), 'd', 'must be a'],
  ['no id', z.uuid(), 'x', 'must be an id'],
  ['no address', z.email(), 'x', 'must be an e-mail address'],
  ['no time', z.iso.datetime(), 'x', 'must be a time such as 2026-01-31T12:00:00.000Z'],
  ['a pattern without words', z.string().regex(/^[a-z]$/), '7', 'does not have the right form'],
  ['a long text', z.string().max(48), 'x'.repeat(49), 'must be at most 48 characters'],
  ['an empty text', z.string().min(1), '', 'must not be empty'],
  ['a text of another length', z.string().length(1), 'xx', 'must be exactly 1 character'],
  ['a long list', z.array(z.string()).max(2), ['a', 'b', 'c'], 'must have at most 2 items'],
  ['a high number', z.number().max(5), 6, 'must be at most 5'],
  ['a number at its open end', z.number().lt(5), 5, 'must be less than 5'],
  ['a low number', z.int().min(2), 1, 'must be at least 2'],
  ['nothing where something is counted', z.int().positive(), 0, 'must be more than 0'],
  ['a number between the steps', z.number().multipleOf(5), 3, 'must be a multiple of 5'],
  ['none of two types', z.union([z.int(), z.string()]), true, 'must be a number or text'],
  ['none of two shapes', z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]), {}, 'has the wrong shape'],
  ['what an odd key leads to', z.map(z.object({}), z.string()), new Map([[{}, 1]]), 'is not valid'],
  ['a rule without words', z.string().refine(() => false), 'x', 'is not valid'],
  ['a pattern with its own words', z.string().regex(/^[a-z]$/, 'one letter'), '7', 'one letter'],
  ['a type with its own words', z.string({ error: 'say it' }), undefined, 'say it'],
  ['a rule with its own words', z.string().refine(() => false, 'must rhyme'), 'x', 'must rhyme'],
])('%s', (_what, schema, value, words) => expect(problemsOf(schema, value)).toEqual([{ path: 'it', message: words }]));

test('a kind that there is not is said at the field that tells kinds apart', () => {
  const schema = z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') }), z.object({ kind: z.literal('b') })]);
  expect(problemsOf(schema, { kind: 'c' })).toEqual([{ path: 'it.kind', message: 'must be one of a, b' }]);
});

test('a name that is not allowed is the path', () =>
  expect(problemsOf(z.record(z.string().max(2), z.string()), { long: 'x' })).toEqual([{ path: 'it.long', message: 'is not a valid name: must be at most 2 characters' }]));

test('each unknown field is named where it stands', () =>
  expect(problemsOf(z.strictObject({}), { sise: 1, colour: 2 })).toEqual([{ path: 'it.sise', message: 'is not a field here' }, { path: 'it.colour', message: 'is not a field here' }]));

test('the whole is said in one sentence', () =>
  expect(violationOf(z.strictObject({ name: z.string() }), { sise: 1 }).message).toBe('The request is not valid: name: is required; sise: is not a field here'));
