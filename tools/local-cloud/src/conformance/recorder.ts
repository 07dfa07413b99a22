import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Conformance, type Request } from './conformance.ts';

/**
 * Looks at every request below /v2 and its answer while the local cloud runs, and keeps what violated the document:
 * `GET /local/conformance` tells, and so does a file in the cloud's folder, which is only there when there is something
 * to tell and outlives a killed cloud. Bodies are in none of it: they hold secrets.
 */
export type Violation = { side: 'request' | 'answer'; operation: string; status?: number; deviations: string[] };
export type Findings = { requests: number; answers: number; operations: string[]; violations: (Violation & { times: number })[] };

export const violationsFile = 'conformance-violations.json';

const isCovered = ({ url }: FastifyRequest): boolean => url.startsWith('/v2');
const isPage = (reply: FastifyReply): boolean => {
  const type = reply.getHeader('content-type');
  return typeof type === 'string' && type.startsWith('text/html');
};
const asRequest = ({ method, url, headers, body }: FastifyRequest): Request => ({ method, url, headers, body });

export class Recorder {
  /** One for all local clouds of a process: it compiles what it is asked for. */
  static #shared: Conformance | undefined;
  readonly #conformance = (Recorder.#shared ??= new Conformance());
  readonly #violations = new Map<string, Violation & { times: number }>();
  readonly #operations = new Set<string>();
  readonly #file: string;
  #requests = 0;
  #answers = 0;

  constructor(dir: string) {
    this.#file = join(dir, violationsFile);
  }

  /** To be called before the routes are declared. */
  watch(app: FastifyInstance): void {
    app.addHook('preHandler', async (request) => {
      if (isCovered(request)) this.#request(request);
    });
    app.addHook('onSend', async (request, reply, payload) => {
      // a page is of what stands before the service, which no document knows
      if (isCovered(request) && !isPage(reply)) this.#answer(request, reply, payload);
      return payload;
    });
    app.get('/local/conformance', () => this.findings());
  }

  findings(): Findings {
    return { requests: this.#requests, answers: this.#answers, operations: [...this.#operations].toSorted(), violations: [...this.#violations.values()] };
  }

  #request(request: FastifyRequest): void {
    this.#requests += 1;
    this.#operations.add(this.#operation(request));
    this.#keep({ side: 'request', operation: this.#operation(request), deviations: this.#conformance.requestDeviations(asRequest(request)) });
  }

  #answer(request: FastifyRequest, reply: FastifyReply, payload: unknown): void {
    this.#answers += 1;
    const answer = { status: reply.statusCode, headers: reply.getHeaders(), body: readable(payload) };
    this.#keep({ side: 'answer', operation: this.#operation(request), status: answer.status, deviations: this.#conformance.answerDeviations(asRequest(request), answer) });
  }

  #operation(request: FastifyRequest): string {
    return this.#conformance.operationOf(request) ?? `${request.method} ${request.url.split('?')[0]}`;
  }

  /** The same one once, with its number. */
  #keep(violation: Violation): void {
    if (violation.deviations.length === 0) return;
    const key = JSON.stringify(violation);
    const known = this.#violations.get(key);
    if (known) known.times += 1;
    else if (this.#violations.size < 1000) {
      this.#violations.set(key, { ...violation, times: 1 });
      writeFileSync(this.#file, JSON.stringify([...this.#violations.values()], null, 2));
    }
  }
}

const readable = (payload: unknown): unknown => {
  if (typeof payload !== 'string' || payload === '') return undefined;
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
};
