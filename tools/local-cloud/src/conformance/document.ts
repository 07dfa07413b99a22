import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What the local cloud offers of DigitalOcean's own document, as `extract.ts` wrote it down. */
export type Schema = { [key: string]: unknown };
export type Parameter = { name: string; in: 'path' | 'query' | 'header'; required: boolean; schema: Schema };
export type Operation = {
  scopes: string[];
  parameters: Parameter[];
  body?: { required: boolean; schema: Schema };
  answers: Record<string, { headers: string[]; schema: Schema | null }>;
};
export type Official = { source: { commit: string }; operations: Record<string, Operation>; components: { schemas: Record<string, Schema> } };

/** Found from the sources and from the compiled files alike. */
const file = fileURLToPath(new URL('../../src/conformance/official.json', import.meta.url));

export const readOfficial = (): Official => JSON.parse(readFileSync(file, 'utf8')) as Official;

/** The operation of a request, by method and path without its query: `/v2/droplets/actions` before `/v2/droplets/{id}`. */
export const operationNamed = ({ operations }: Official, method: string, path: string): { name: string; operation: Operation; path: Record<string, string> } | undefined => {
  const candidates = Object.keys(operations).filter((name) => name.startsWith(`${method} `)).toSorted((a, b) => placeholders(a) - placeholders(b));
  for (const name of candidates) {
    const operation = operations[name];
    const values = operation && match(name.slice(method.length + 1), path);
    if (values) return { name, operation, path: values };
  }
  return undefined;
};

const placeholders = (name: string): number => name.split('{').length;

const match = (template: string, path: string): Record<string, string> | undefined => {
  const wanted = template.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const values: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith('{')) values[part.slice(1, -1)] = decodeURIComponent(value);
    else if (part !== value) return undefined;
  }
  return values;
};
