import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Takes out of DigitalOcean's own OpenAPI document what the local cloud offers, as it stands there, without prose and
 * examples: `node src/conformance/extract.ts <digitalocean-openapi.json>` writes `official.json`. What is wrong with the
 * document is not mended here but in `defects.ts`, where it can be seen.
 */
const source = { repository: 'https://github.com/digitalocean/openapi', commit: '7c1300c4', date: '2026-08-07', license: 'Apache-2.0' };

const offered: Readonly<Record<string, readonly string[]>> = {
  '/v2/droplets': ['get', 'post', 'delete'],
  '/v2/droplets/{droplet_id}': ['get', 'delete'],
  '/v2/droplets/{droplet_id}/actions': ['get', 'post'],
  '/v2/droplets/{droplet_id}/actions/{action_id}': ['get'],
  '/v2/droplets/{droplet_id}/snapshots': ['get'],
  '/v2/droplets/{droplet_id}/backups': ['get'],
  '/v2/droplets/actions': ['post'],
  '/v2/actions': ['get'],
  '/v2/actions/{action_id}': ['get'],
  '/v2/snapshots': ['get'],
  '/v2/snapshots/{snapshot_id}': ['get', 'delete'],
  '/v2/account': ['get'],
  '/v2/sizes': ['get'],
  '/v2/regions': ['get'],
  '/v2/images': ['get'],
  '/v2/images/{image_id}': ['get', 'delete'],
  '/v2/tags': ['get', 'post'],
  '/v2/tags/{tag_id}': ['get', 'delete'],
  '/v2/tags/{tag_id}/resources': ['post', 'delete'],
};

type Json = { [key: string]: unknown };
const prose = new Set(['description', 'example', 'examples', 'title', 'externalDocs', 'default', 'deprecated']);

/** The keys below `properties` are names of properties, however much they look like keywords. */
const bare = (node: unknown, areNames = false): unknown => {
  if (Array.isArray(node)) return node.map((one) => bare(one));
  if (typeof node !== 'object' || node === null) return node;
  const kept = Object.entries(node).filter(([key]) => areNames || !(prose.has(key) || key.startsWith('x-')));
  return Object.fromEntries(kept.map(([key, value]) => [key, bare(value, key === 'properties' && !areNames)]));
};

const main = (file: string): void => {
  const text = readFileSync(file, 'utf8');
  const document = JSON.parse(text) as Json;
  const at = (ref: string): unknown => ref.slice(2).split('/').reduce<unknown>((node, key) => (node as Json)[key], document);
  const resolved = (node: unknown): Json => ('$ref' in (node as Json) ? resolved(at((node as { $ref: string }).$ref)) : (node as Json));
  const schemaOf = (node: Json): unknown => bare(((node['content'] as Json | undefined)?.['application/json'] as Json | undefined)?.['schema']) ?? null;

  const operation = (raw: Json): Json => {
    const body = raw['requestBody'] === undefined ? undefined : resolved(raw['requestBody']);
    const parameters = ((raw['parameters'] as unknown[] | undefined) ?? []).map(resolved);
    return {
      scopes: ((raw['security'] as { bearer_auth: string[] }[])[0]?.bearer_auth) ?? [],
      parameters: parameters.map(({ name, in: place, required, schema }) => ({ name, in: place, required: required ?? false, schema: bare(schema) })),
      ...(body ? { body: { required: body['required'] ?? false, schema: schemaOf(body) } } : {}),
      answers: Object.fromEntries(Object.entries(raw['responses'] as Json).map(([status, node]) => [status, answer(resolved(node))])),
    };
  };
  const answer = (node: Json): Json => ({ headers: Object.keys((node['headers'] as Json | undefined) ?? {}), schema: schemaOf(node) });

  const operations: Json = {};
  for (const [path, methods] of Object.entries(offered)) {
    for (const method of methods) operations[`${method.toUpperCase()} ${path}`] = operation((at('#/paths') as Record<string, Json>)[path]?.[method] as Json);
  }
  const schemas: Json = {};
  const collect = (node: unknown): void => {
    for (const [, name = ''] of JSON.stringify(node).matchAll(/#\/components\/schemas\/([\w.-]+)/g)) {
      if (name in schemas) continue;
      schemas[name] = bare(at(`#/components/schemas/${name}`));
      collect(schemas[name]);
    }
  };
  collect(operations);
  const sha256 = createHash('sha256').update(text).digest('hex');
  const extract = { source: { ...source, sha256 }, operations, components: { schemas: Object.fromEntries(Object.entries(schemas).toSorted()) } };
  writeFileSync(fileURLToPath(new URL('official.json', import.meta.url)), `${JSON.stringify(extract, null, 1)}\n`);
};

main(process.argv[2] ?? '');
