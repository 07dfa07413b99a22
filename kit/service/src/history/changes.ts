/** Which fields two states differ in. Lists are compared as a whole: a place in a list is no name. */
import type { FieldChange } from '@citrus/contracts';

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

const areSame = (before: unknown, after: unknown): boolean => before === after || JSON.stringify(before ?? null) === JSON.stringify(after ?? null);

/** In the order of `before`, then what only `after` has. */
export const changesBetween = (before: Fields, after: Fields, under = ''): FieldChange[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    const [was, is] = [before[name], after[name]];
    const path = `${under}${name}`;
    if (isObject(was) && isObject(is)) return changesBetween(was, is, `${path}.`);
    return areSame(was, is) ? [] : [{ path, before: was ?? null, after: is ?? null }];
  });
