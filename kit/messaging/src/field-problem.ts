/**
 * What is wrong with a field, in words for people. A schema's own message goes first; these stand in for zod's, which
 * speak of types and patterns. Each goes on from the field's name, as "size: must be text".
 */
import type { FieldProblem } from '@citrus/kit-domain';
import type { z } from 'zod';

type Limit = { readonly exact?: boolean | undefined; readonly inclusive?: boolean | undefined; readonly origin: string };

const TYPES: Readonly<Record<string, string>> = {
  string: 'text', number: 'a number', int: 'a whole number', boolean: 'true or false', array: 'a list', object: 'an object', record: 'an object', null: 'null',
};

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'an id', email: 'an e-mail address', url: 'a URL', datetime: 'a time such as 2026-01-31T12:00:00.000Z', base64: 'base64',
};

const UNITS: Readonly<Record<string, string>> = { string: 'character', array: 'item' };

/** Text and lists are counted, numbers compared. */
const sizeOf = (limit: number | bigint, origin: string): string => {
  const unit = UNITS[origin];
  return unit === undefined ? String(limit) : `${limit} ${unit}${Number(limit) === 1 ? '' : 's'}`;
};

const sizeWords = (limit: number | bigint, { exact, inclusive, origin }: Limit, [atLimit, beyond]: readonly [string, string]): string =>
  `must ${origin === 'array' ? 'have' : 'be'} ${exact ? 'exactly' : inclusive ? atLimit : beyond} ${sizeOf(limit, origin)}`;

const oneOf = (values: readonly unknown[]): string => (values.length === 1 ? `must be ${String(values[0])}` : `must be one of ${values.map(String).join(', ')}`);

/** "must be a number or text"; what is wrong deep inside one of the shapes helps nobody who meant another. */
const unionWords = (branches: readonly (readonly z.core.$ZodIssue[])[]): string => {
  const [first, ...others] = [...new Set(branches.flat().map(({ path, message }) => (path.length === 0 ? message : 'has the wrong shape')))];
  return [first ?? 'has the wrong shape', ...others.map((words) => words.replace(/^must be /, ''))].join(' or ');
};

/** Zod asks this for every issue whose schema has no message of its own. */
export const wordsFor = (issue: z.core.$ZodRawIssue): string => {
  if (issue.input === undefined) return 'is required';
  switch (issue.code) {
    case 'invalid_type': return TYPES[issue.expected] ? `must be ${TYPES[issue.expected]}` : 'has the wrong type';
    case 'invalid_value': return oneOf(issue.values);
    case 'invalid_format': return FORMATS[issue.format] ? `must be ${FORMATS[issue.format]}` : 'does not have the right form';
    case 'too_big': return sizeWords(issue.maximum, issue, ['at most', 'less than']);
    case 'too_small': return issue.origin === 'string' && issue.minimum === 1 ? 'must not be empty' : sizeWords(issue.minimum, issue, ['at least', 'more than']);
    case 'not_multiple_of': return `must be a multiple of ${issue.divisor}`;
    case 'invalid_union': return Array.isArray(issue['options']) ? oneOf(issue['options']) : unionWords(issue.errors);
    case 'invalid_key': return `is not a valid name: ${issue.issues.map(({ message }) => message).join(', ')}`;
    case 'unrecognized_keys': return `has fields that are not known here: ${issue.keys.join(', ')}`;
    case 'invalid_element': case 'custom': case undefined: return 'is not valid';
  }
};

/** An unknown field is one problem a field, at the field itself: that is where the typo is. */
export const fieldProblemsOf = (error: z.ZodError): FieldProblem[] =>
  error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'is not a field here' }))
      : [{ path: issue.path.join('.'), message: issue.message }]);
