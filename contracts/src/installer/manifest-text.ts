/**
 * From the text of a `manifest.yml` to a manifest, or to every reason why it is none, each with its line. The text is
 * hostile until proven otherwise: no aliases (they multiply), no tags, no duplicate keys, one document, a size limit.
 */
import { isCollection, isMap, isNode, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { z } from 'zod';
import { manifestProblems } from './manifest-rules.ts';
import { InstallerManifest } from './manifest.ts';

export type Problem = { readonly line: number | null; readonly reason: string };
export type ManifestReading = { readonly manifest: InstallerManifest } | { readonly problems: readonly Problem[] };
type Path = readonly PropertyKey[];

const LARGEST_MANIFEST_CHARACTERS = 100_000;

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
const placesOf = (issue: z.core.$ZodIssue): { path: Path; reason: string }[] => {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: [...issue.path, key], reason: say(issue.path, `"${key}" is not a field of a manifest`) }));
  return [{ path: issue.path, reason: say(issue.path, issue.message) }];
};

/** A field with a typo is unknown under one name and missing under the other; the first is what helps. */
const typosFirst = (issues: readonly z.core.$ZodIssue[]) => [...issues.filter(({ code }) => code === 'unrecognized_keys'), ...issues.filter(({ code }) => code !== 'unrecognized_keys')];

const readText = (text: string): ManifestReading => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2', schema: 'core' });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) return { problems: faults.map((fault) => ({ line: lines.linePos(fault.pos[0]).line, reason: fault.message })) };
  const parsed = InstallerManifest.safeParse(document.toJS({ maxAliasCount: 0 }), { error: (issue) => (issue.code === 'invalid_type' && issue.input === undefined ? 'is missing' : undefined) });
  const places = parsed.success ? manifestProblems(parsed.data) : typosFirst(parsed.error.issues).flatMap(placesOf);
  if (parsed.success && places.length === 0) return { manifest: parsed.data };
  return { problems: places.map(({ path, reason }) => ({ line: lineOf(document, lines, path), reason })) };
};

export const readManifest = (text: string): ManifestReading => {
  if (text.length > LARGEST_MANIFEST_CHARACTERS) return { problems: [{ line: null, reason: `it is longer than ${LARGEST_MANIFEST_CHARACTERS} characters` }] };
  try {
    return readText(text);
  } catch (error) {
    // Aliases, or a nesting so deep that the parser gives up.
    return { problems: [{ line: null, reason: `it cannot be read: ${error instanceof Error ? error.message : String(error)}` }] };
  }
};
