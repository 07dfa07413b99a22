/** What changed between then and now, field by field, in words of people. What no person asks for is left to the raw data. */
import { strings } from '../strings.ts';
import { formatExact } from '../ui/time.ts';
import { words as t } from './words.ts';

export type FieldChange = { readonly path: string; readonly before: unknown; readonly after: unknown };
export type Difference = { readonly path: string; readonly field: string; readonly kind: 'added' | 'changed' | 'removed'; readonly before: string; readonly after: string };
export type State = Readonly<Record<string, unknown>>;
export type StateChange = { readonly id: string; readonly before: State | null; readonly after: State | null; readonly changes: readonly FieldChange[] };

const UNTOLD: readonly string[] = ['updatedAt', 'id', 'projectId', 'action.id'];
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/;

const isNothing = (value: unknown): boolean => value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
const fieldsOf = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {});

const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');
const sinceOf = (value: unknown): string => (INSTANT.test(textOf(value)) ? formatExact(textOf(value)) : '');

/** Parts of a server that are more than a word. */
const OBJECTS: Readonly<Record<string, (value: Record<string, unknown>) => string>> = {
  action: ({ type, since }) => [strings.actions.doing[textOf(type)] ?? textOf(type), sinceOf(since)].filter(Boolean).join(', '),
  maintenance: ({ since, reason }) => [textOf(reason) || t.yes, sinceOf(since)].filter(Boolean).join(', '),
  queue: ({ position, of }) => `${textOf(position)} / ${textOf(of)}`,
};

/** A value as a person would say it; never markup. */
export const valueInWords = (path: string, value: unknown): string => {
  if (isNothing(value)) return t.nothing;
  if (typeof value === 'boolean') return value ? t.yes : t.no;
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map((item) => valueInWords('', item)).join(', ');
  if (typeof value === 'object') return OBJECTS[path]?.(fieldsOf(value)) ?? JSON.stringify(value);
  const text = textOf(value);
  if (path === 'status') return strings.servers.status[text as keyof typeof strings.servers.status] ?? text;
  if (path === 'action.type') return strings.actions.doing[text] ?? text;
  return INSTANT.test(text) ? formatExact(text) : text;
};

/** `someField` → `Some field`, for what a newer service tells. */
const wordsOf = (path: string): string => {
  const spaced = path.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').replaceAll('.', ', ').toLowerCase();
  return spaced.slice(0, 1).toUpperCase() + spaced.slice(1);
};

export const differenceOf = ({ path, before, after }: FieldChange): Difference => ({
  path, field: t.fields[path] ?? wordsOf(path), kind: isNothing(before) ? 'added' : isNothing(after) ? 'removed' : 'changed',
  before: valueInWords(path, before), after: valueInWords(path, after),
});

/** What matters most first: the order of the words. */
const ORDER = Object.keys(t.fields);
const rankOf = (path: string): number => (ORDER.includes(path) ? ORDER.indexOf(path) : ORDER.length);

export const differencesOf = (changes: readonly FieldChange[]): Difference[] =>
  changes.filter(({ path }) => !UNTOLD.includes(path)).map(differenceOf).filter(({ before, after }) => before !== after).toSorted((a, b) => rankOf(a.path) - rankOf(b.path));

/** A whole fleet's rows say what is seen at a glance; the rest is one click away. */
const AT_A_GLANCE: readonly string[] = ['name', 'status', 'ipAddress', 'size', 'image', 'tags', 'power', 'isProtected', 'maintenance', 'backups'];

export const glanceOf = (changes: readonly FieldChange[]): { readonly told: Difference[]; readonly untold: number } => {
  const all = differencesOf(changes);
  const told = all.filter(({ path }) => AT_A_GLANCE.includes(path));
  return { told, untold: all.length - told.length };
};
