/** The OpenAPI 3.1 document, made from the routes themselves: what is checked is what is documented. */
import { Problem } from '@citrus/contracts';
import { z } from 'zod';
import { isProjectScoped, type RouteDefinition } from '../http/route.ts';

type Json = Record<string, unknown>;

const inputSchema = (schema: z.ZodType): Json => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json;
  return rest;
};
const outputSchema = (schema: z.ZodType): Json => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }) as Json;
  return rest;
};

const parametersOf = (place: 'path' | 'query', schema: z.ZodType | undefined): Json[] => {
  if (!schema) return [];
  const { properties = {}, required = [] } = inputSchema(schema) as { properties?: Json; required?: string[] };
  return Object.entries(properties).map(([name, property]) => ({ name, in: place, required: place === 'path' || required.includes(name), schema: property }));
};

const PROJECT = { name: 'projectId', in: 'query', required: false, schema: { type: 'string', format: 'uuid' }, description: 'Needed by members of more than one project.' };
const IDEMPOTENCY_KEY = { name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string', maxLength: 200 }, description: 'The same key again makes nothing new; with another request it is refused.' };

const ProblemJson = z.object({ type: z.string(), title: z.string(), status: z.int(), code: z.string(), detail: z.string(), fields: Problem.shape.fields, correlationId: z.string() });

/** A schema that contains itself refers to its own definitions, so it must be a document of its own within this one. */
const replySchema = ({ method, path, reply }: RouteDefinition): Json => {
  if (!reply) return { type: 'string' };
  const schema = outputSchema(reply);
  return '$defs' in schema ? { $id: `urn:citrus:reply:${method}${path.replaceAll(/\W+/g, '-')}`.toLowerCase(), ...schema } : schema;
};
const contentOf = (route: RouteDefinition): Json => ({ [route.produces ?? 'application/json']: { schema: replySchema(route) } });

const describeRule = ({ rule }: RouteDefinition): string => {
  switch (rule.by) {
    case 'anyone':
      return `No sign-in: ${rule.because}.`;
    case 'person':
      return rule.with === 'session' ? 'Needs a sign-in in person; an API token will not do.' : 'Needs a sign-in.';
    case 'administrator':
      return 'For administrators of the installation, in person.';
    case 'member':
      return `Needs the role ${rule.role}${rule.scope === 'project' ? ' in the project' : ''}${rule.with ? ', in person; an API token will not do' : ''}.`;
  }
};

/** Stable: method and path, and nothing that anybody would change for its looks. */
const operationIdOf = ({ method, path }: RouteDefinition): string => `${method.toLowerCase()}${path.replace('/api', '').split(/[^A-Za-z0-9]+/).filter(Boolean).map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('')}`;

const operationOf = (route: RouteDefinition): Json => ({
  operationId: operationIdOf(route),
  summary: route.summary,
  description: describeRule(route),
  'x-rule': route.rule,
  security: route.rule.by === 'anyone' ? [] : [{ bearer: [] }, { cookie: [] }],
  parameters: [...parametersOf('path', route.params), ...parametersOf('query', route.query), ...(isProjectScoped(route) ? [PROJECT] : []), ...(route.status === 202 && isProjectScoped(route) ? [IDEMPOTENCY_KEY] : [])],
  ...(route.body && { requestBody: { required: true, content: { 'application/json': { schema: inputSchema(route.body) } } } }),
  responses: {
    [String(route.status ?? 200)]: { description: 'Done, or on its way.', content: contentOf(route) },
    default: { description: 'What went wrong and what to do.', content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
  },
});

export const openApiOf = (routes: readonly RouteDefinition[], publicUrl: string): Json => {
  const paths: Record<string, Json> = {};
  for (const route of routes.filter(({ path }) => path !== '/*')) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Citrus', version: '0.1.0', description: 'Servers, installers and jobs. Failures are problem+json.' },
    servers: [{ url: publicUrl }],
    paths,
    components: {
      schemas: { Problem: outputSchema(ProblemJson) },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, cookie: { type: 'apiKey', in: 'cookie', name: publicUrl.startsWith('https:') ? '__Host-citrus' : 'citrus' } },
    },
  };
};
