import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js';
import formats from 'ajv-formats';
import { type Defect, defects } from './defects.ts';
import { type Official, type Operation, operationNamed, type Parameter, readOfficial, type Schema } from './document.ts';
import { seal, sealInside } from './sealed.ts';

/** Holds requests and answers against DigitalOcean's own document, mended where it is wrong and sealed against what it does not know. */
export type Request = { method: string; url: string; headers: Readonly<Record<string, unknown>>; body: unknown };
export type Answer = { status: number; headers: Readonly<Record<string, unknown>>; body: unknown };

export class Conformance {
  readonly #document: Official;
  readonly #ajv: Ajv2019;
  readonly #compiled = new Map<Schema, ValidateFunction>();

  constructor(document: Official = readOfficial(), mended: readonly Defect[] = Object.values(defects)) {
    for (const { mend } of mended) mend(document);
    this.#document = document;
    // a pattern of the document (a tag's) is no legal expression under the `u` flag
    this.#ajv = new Ajv2019({ strict: false, allErrors: true, logger: false, unicodeRegExp: false });
    formats.default(this.#ajv);
    const schemas = Object.entries(document.components.schemas).map(([name, schema]) => [name, sealInside(schema, document.components)]);
    this.#ajv.addSchema({ $id: 'official', components: { schemas: Object.fromEntries(schemas) } });
  }

  /** `POST /v2/droplets`, or undefined for what the document does not know. */
  operationOf({ method, url }: Pick<Request, 'method' | 'url'>): string | undefined {
    return operationNamed(this.#document, method, new URL(url, 'http://unused').pathname)?.name;
  }

  /** What is wrong with the request; empty when it is as documented. */
  requestDeviations({ method, url, headers, body }: Request): string[] {
    const { pathname, searchParams } = new URL(url, 'http://unused');
    const found = operationNamed(this.#document, method, pathname);
    if (!found) return [`${method} ${pathname} is not an operation of the document`];
    return [
      ...this.#parameters('path', found.operation, new Map(Object.entries(found.path))),
      ...this.#parameters('query', found.operation, searchParams),
      ...(header(headers, 'authorization').startsWith('Bearer ') ? [] : ['header authorization is not a bearer token']),
      ...this.#body(found.operation, headers, body),
    ];
  }

  /** What is wrong with the answer to such a request. */
  answerDeviations(request: Pick<Request, 'method' | 'url'>, { status, headers, body }: Answer): string[] {
    const { pathname } = new URL(request.url, 'http://unused');
    const answers = operationNamed(this.#document, request.method, pathname)?.operation.answers;
    if (!answers) return status === 404 ? [] : [`${request.method} ${pathname} is not an operation of the document`];
    const documented = answers[status] ?? (status >= 400 ? answers['default'] : undefined);
    if (!documented) return [`status ${status} is not documented`];
    // a 204 of a list is said to have a content type: whatever for
    const missing = documented.headers.filter((name) => name.startsWith('ratelimit-') && !/^\d+$/.test(header(headers, name))).map((name) => `header ${name} is not a number`);
    if (documented.schema === null) return [...missing, ...(body === undefined || body === '' ? [] : ['a body where there should be none'])];
    return [...missing, ...this.#check(documented.schema, body, 'body')];
  }

  #parameters(place: Parameter['in'], { parameters }: Operation, given: ReadonlyMap<string, string> | URLSearchParams): string[] {
    const documented = parameters.filter((parameter) => parameter.in === place);
    const unknown = [...given.keys()].filter((name) => !documented.some((parameter) => parameter.name === name)).map((name) => `${place} parameter ${name} is not documented`);
    return documented.flatMap(({ name, required, schema }) => {
      const value = given.get(name);
      if (value === undefined || value === null) return required ? [`${place} parameter ${name} is missing`] : [];
      return this.#check(schema, parsed(schema, value), `${place} parameter ${name}`);
    }).concat(unknown);
  }

  #body({ body: documented }: Operation, headers: Request['headers'], body: unknown): string[] {
    if (!documented) return body === undefined || body === null ? [] : ['a body where there should be none'];
    if (body === undefined || body === null) return documented.required ? ['the body is missing'] : [];
    const type = header(headers, 'content-type');
    return [...(type.startsWith('application/json') ? [] : [`content-type ${type || 'is missing'}`]), ...this.#check(documented.schema, body, 'body')];
  }

  #check(schema: Schema, value: unknown, what: string): string[] {
    const validate = this.#compiled.get(schema) ?? this.#ajv.compile(pointed(seal(schema, this.#document.components)));
    this.#compiled.set(schema, validate);
    if (validate(value)) return [];
    const errors = (validate.errors ?? []).filter(({ keyword }) => keyword !== 'if');
    return errors.map(({ instancePath, message, params }) => {
      const extra = (params as { unevaluatedProperty?: string }).unevaluatedProperty;
      return `${what}${instancePath} ${message}${extra === undefined ? '' : ` (${extra})`}`;
    });
  }
}

const header = (headers: Readonly<Record<string, unknown>>, name: string): string => {
  const value = headers[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
};

/** Everything in a path or a query is text; the document says what it should read as. */
const parsed = (schema: Schema, value: string): unknown => {
  if (schema['type'] === 'integer' && /^\d+$/.test(value)) return Number(value);
  if (schema['type'] === 'boolean' && /^(?:true|false)$/.test(value)) return value === 'true';
  return value;
};

/** References lead to the one document that holds all components. */
const pointed = (schema: Schema): Schema => JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"official#/components/')) as Schema;
