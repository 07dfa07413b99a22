/**
 * From the text of a `manifest.yml` or `bundle.yml` to what it says, or to every reason why it is none, each with its line. The text is
 * hostile until proven otherwise: no aliases (they multiply), no tags, no duplicate keys, one document, a size limit.
 */
import { isCollection, isMap, isNode, isScalar, LineCounter, parseDocument, visit, type Document, type Node } from 'yaml';
import type { z } from 'zod';
import { plainLine } from '../ids.ts';
import { manifestProblems, type BrokenRule } from './manifest-rules.ts';
import { InstallerManifest } from './manifest.ts';

export type Problem = { readonly line: number | null; readonly reason: string };
export type ManifestReading = { readonly manifest: InstallerManifest } | { readonly problems: readonly Problem[] };
type Path = readonly PropertyKey[];

const LARGEST_MANIFEST_CHARACTERS = 100_000;
/** A reason quotes what it is about, and goes into rows and events, one for each server that waits for the mending. */
const LONGEST_REASON = 400;

/** The line of what a path leads to; of what should have held it, if it is not there. */
const lineOf = (document: Document, lines: LineCounter, path: Path): number => {
  let node: unknown = document.contents;
  let start = 0;
  for (const key of path) {
    if (!isCollection(node)) break;
    const pair = isMap(node) ? node.items.find((item) => isNode(item.key) && item.key.toJSON() === key) : undefined;
    const next = pair?.value ?? (isMap(node) ? undefined : node.get(key, true));
    const anchor = (pair?.key ?? next) as Node | undefined;
    if (!anchor?.range) break;
    start = anchor.range[0];
    node = next;
  }
  return Math.max(1, lines.linePos(start).line);
};

const nameOf = (path: Path): string => path.map((part) => (typeof part === 'number' ? `[${part + 1}]` : `.${String(part)}`)).join('').replace(/^\./, '');
const say = (path: Path, message: string): string => (path.length === 0 ? message : `${nameOf(path)}: ${message}`);

/** An unknown key is one problem a key, at the key itself: that is where the typo is. */
const placesOf = (issue: z.core.$ZodIssue, what: string): BrokenRule[] => {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: [...issue.path, key], reason: say(issue.path, `"${key}" is not a field of ${what}`) }));
  return [{ path: issue.path, reason: say(issue.path, issue.message) }];
};

/** A field with a typo is unknown under one name and missing under the other; the first is what helps. */
const typosFirst = (issues: readonly z.core.$ZodIssue[]) => [...issues.filter(({ code }) => code === 'unrecognized_keys'), ...issues.filter(({ code }) => code !== 'unrecognized_keys')];

/** What a text must be: its shape, and the rules between its fields. */
export type Kind<Value> = { readonly what: string; readonly schema: z.ZodType<Value>; readonly rules: (value: Value) => readonly BrokenRule[] };
export type Reading<Value> = { readonly value: Value } | { readonly problems: readonly Problem[] };

/** A schema leaves such keys out without a word. */
const prototypesIn = (document: Document, lines: LineCounter): Problem[] => {
  const problems: Problem[] = [];
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key) && key.value === '__proto__') problems.push({ line: lines.linePos(key.range?.[0] ?? 0).line, reason: '"__proto__" is no name of anything' });
    },
  });
  return problems;
};

const readStrictly = <Value>(text: string, { what, schema, rules }: Kind<Value>): Reading<Value> => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2', schema: 'core' });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) return { problems: faults.map((fault) => ({ line: lines.linePos(fault.pos[0]).line, reason: fault.message })) };
  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 0 }), { error: (issue) => (issue.code === 'invalid_type' && issue.input === undefined ? 'is missing' : undefined) });
  const places = parsed.success ? rules(parsed.data) : typosFirst(parsed.error.issues).flatMap((issue) => placesOf(issue, what));
  const prototypes = places.length === 0 ? prototypesIn(document, lines) : [];
  if (prototypes.length > 0) return { problems: prototypes };
  if (parsed.success && places.length === 0) return { value: parsed.data };
  return { problems: places.map(({ path, reason }) => ({ line: lineOf(document, lines, path), reason })) };
};

const readWhatever = <Value>(text: string, kind: Kind<Value>): Reading<Value> => {
  if (text.length > LARGEST_MANIFEST_CHARACTERS) return { problems: [{ line: null, reason: `it is longer than ${LARGEST_MANIFEST_CHARACTERS} characters` }] };
  try {
    return readStrictly(text, kind);
  } catch (error) {
    // Aliases, or a nesting so deep that the parser gives up.
    return { problems: [{ line: null, reason: `it cannot be read: ${error instanceof Error ? error.message : String(error)}` }] };
  }
};

/** A hostile text is refused with every reason, whatever it is, and none of them does anything to who reads it. */
export const readYaml = <Value>(text: string, kind: Kind<Value>): Reading<Value> => {
  const reading = readWhatever(text, kind);
  return 'value' in reading ? reading : { problems: reading.problems.map(({ line, reason }) => ({ line, reason: plainLine(reason, LONGEST_REASON) })) };
};

const MANIFEST: Kind<InstallerManifest> = { what: 'a manifest', schema: InstallerManifest, rules: manifestProblems };

export const readManifest = (text: string): ManifestReading => {
  const reading = readYaml(text, MANIFEST);
  return 'value' in reading ? { manifest: reading.value } : reading;
};
