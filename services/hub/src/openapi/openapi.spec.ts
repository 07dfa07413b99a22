import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CONTROLLERS } from '../app.module.ts';
import { routesOf } from '../http/every-route-has-a-rule.ts';
import { openApiOf } from './openapi.ts';

type Json = Record<string, unknown>;
type Parameter = { readonly name: string; readonly in: string; readonly required: boolean; readonly schema: Json };
type Operation = { readonly operationId: string; readonly parameters: readonly Parameter[]; readonly requestBody?: { readonly content: Record<string, { readonly schema: Json }> }; readonly responses: Record<string, { readonly description: string; readonly content: Record<string, { readonly schema: Json }> }>; readonly security: readonly Json[] };

const DOCUMENT = new URL('../../../../docs/reference/openapi.json', import.meta.url);
const document = openApiOf(routesOf(CONTROLLERS), 'https://citrus.example.org');
const paths = document['paths'] as Record<string, Record<string, Operation>>;
const operations = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, path, operation })));

const referencesIn = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => (name === '$ref' && typeof inner === 'string' ? [inner] : referencesIn(inner)));
};

/** A schema that refers to itself is a document of its own within this one. */
const leads = (schema: Json, reference: string): boolean => {
  if (!reference.startsWith('#') || (reference !== '#' && typeof schema['$id'] !== 'string')) return false;
  let place: unknown = schema;
  for (const step of reference.slice(1).split('/').filter(Boolean)) place = (place as Json | undefined)?.[step];
  return place !== undefined;
};

describe('the OpenAPI document', () => {
  test('is the one in docs/reference/openapi.json (CITRUS_WRITE_DOCS=1 writes it anew)', () => {
    const text = `${JSON.stringify(document, null, 1)}\n`;
    if (process.env['CITRUS_WRITE_DOCS']) writeFileSync(DOCUMENT, text);
    expect(readFileSync(DOCUMENT, 'utf8') === text, 'docs/reference/openapi.json is not of these routes; write it anew').toBe(true);
  });

  test('declares what its paths name, and nothing twice', () => {
    for (const { name, path, operation } of operations) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
      const declared = operation.parameters.filter((parameter) => parameter.in === 'path');
      expect(declared.map((parameter) => parameter.name).toSorted(), name).toEqual(named.toSorted());
      expect(declared.every(({ required }) => required), name).toBe(true);
      const keys = operation.parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
      expect(new Set(keys).size, name).toBe(keys.length);
      expect(path, name).toMatch(/^\/[\w./{}-]*$/);
      expect(Object.keys(operation.responses).every((status) => /^([1-5]\d\d|default)$/.test(status)), name).toBe(true);
    }
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('has schemas of JSON Schema 2020-12 only, and every reference leads somewhere', () => {
    const schemes = Object.keys((document['components'] as { securitySchemes: Json }).securitySchemes);
    const ajv = new Ajv2020({ strict: false, validateFormats: false, addUsedSchema: false });
    const problem = (document['components'] as { schemas: { Problem: Json } }).schemas.Problem;
    for (const { name, operation } of operations) {
      const contents = [operation.requestBody, ...Object.values(operation.responses)].flatMap((one) => Object.values(one?.content ?? {}));
      for (const { schema } of [...operation.parameters, ...contents]) {
        if (schema['$ref'] === '#/components/schemas/Problem') continue;
        expect(ajv.validateSchema(schema), `${name}: ${ajv.errorsText()}`).toBe(true);
        for (const reference of referencesIn(schema)) expect(leads(schema, reference), `${name}: ${reference}`).toBe(true);
      }
      expect(operation.security.flatMap((one) => Object.keys(one)).every((scheme) => schemes.includes(scheme)), name).toBe(true);
    }
    expect(ajv.validateSchema(problem)).toBe(true);
  });
});
