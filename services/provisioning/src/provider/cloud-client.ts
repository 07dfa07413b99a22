/**
 * One HTTP call to a cloud: within the budget, with a time limit, without retries, without redirects, and always to the
 * configured address. What it throws never holds the token.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Unavailable } from '@citrus/kit-domain';
import { Pool } from 'undici';
import type { z } from 'zod';
import type { CallBudget, CallPriority, Turn } from './call-budget.ts';
import type { ActOutcome, CreateOutcome, Probe } from './provider.port.ts';

/** `body`: what the JSON said; undefined when it was none. */
export type Answer = { readonly status: number; readonly body: unknown };
export type Call = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly timeoutMs: number;
  readonly priority: CallPriority;
};

/** The call did not leave this machine: nothing can have happened. */
export class NotSent extends Unavailable {}
/** Not sent, because the cloud’s limit would have refused it. */
export class OverBudget extends NotSent {}
/** Not sent, or refused with nothing done, because the cloud does not accept the token. */
export class TokenRefused extends NotSent {}

const LONGEST_WAIT_MS = 2000;
const LATEST_TURN_MS = 2 * LONGEST_WAIT_MS;
const LONGEST_ANSWER_BYTES = 16 * 1024 ** 2;
const SHORTEST_RETRY_MS = 2000;
const MOST_PAGES = 500;
const SHORTEST_TOKEN = 8;
/** Without a connection nothing was sent. */
const NO_CONNECTION = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_CLOSED']);

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a proxy's HTML page, or nothing at all
  }
};

/** What a cloud says, as text that may be shown anywhere: short, and without control characters. */
export const plainText = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ').trim().slice(0, 300);

const describe = (call: Call): string => `${call.method} ${call.path}`;

const whyNot = (call: Call, cause: Turn['cause']): string =>
  cause === 'unauthorized' ? `The cloud does not accept the API token, so ${describe(call)} was not sent; it is asked again in a minute.` : `The cloud’s request limit is used up; ${describe(call)} has to wait.`;

export type CloudClientOptions = { readonly url: string; readonly token: string; readonly budget: CallBudget };

export class CloudClient {
  readonly #pool: Pool;
  readonly #basePath: string;
  readonly #token: string;
  readonly #budget: CallBudget;

  constructor({ url, token, budget }: CloudClientOptions) {
    const base = new URL(url);
    this.#pool = new Pool(base.origin, { connections: 8, connect: { timeout: 5000 }, bodyTimeout: 30_000, headersTimeout: 60_000, pipelining: 1 });
    this.#basePath = base.pathname.replace(/\/$/, '');
    this.#token = token;
    this.#budget = budget;
  }

  /** @throws NotSent, or Unavailable when it may have been sent and there is no answer */
  async call(call: Call): Promise<Answer> {
    await this.#waitForTurn(call);
    const search = call.query ? `?${new URLSearchParams(call.query).toString()}` : '';
    try {
      const response = await this.#pool.request({
        method: call.method,
        path: `${this.#basePath}${call.path}${search}`,
        headers: { authorization: `Bearer ${this.#token}`, accept: 'application/json', ...(call.body !== undefined && { 'content-type': 'application/json' }) },
        body: call.body === undefined ? null : JSON.stringify(call.body),
        signal: AbortSignal.timeout(call.timeoutMs),
      });
      const header = (name: string) => {
        const value = response.headers[name];
        return Array.isArray(value) ? value[0] : value;
      };
      const [text] = await Promise.all([readText(response.body), this.#budget.learn(response.statusCode, header)]);
      return { status: response.statusCode, body: parse(this.#withoutToken(text)) };
    } catch (cause) {
      if (NO_CONNECTION.has(codeOf(cause))) throw new NotSent('The cloud cannot be reached.', { cause });
      throw new Unavailable(`The cloud did not answer ${describe(call)}.`, { cause });
    }
  }

  /** An answer that repeats the token would put it into reasons, and those into logs. (Clouds have no token of a few letters.) */
  #withoutToken(text: string): string {
    if (this.#token.length < SHORTEST_TOKEN) return text;
    return text.replaceAll(this.#token, '[token]').replaceAll(JSON.stringify(this.#token).slice(1, -1), '[token]');
  }

  async #waitForTurn(call: Call): Promise<void> {
    const begunAt = performance.now();
    for (;;) {
      const { waitMs, cause } = await this.#askForTurn(call);
      const waited = performance.now() - begunAt;
      // Whoever sends a create says by when; an account that answers late must not make it later still.
      if (waitMs === 0 && waited <= LATEST_TURN_MS) return;
      if (waited + waitMs > LONGEST_WAIT_MS) throw new (cause === 'unauthorized' ? TokenRefused : OverBudget)(whyNot(call, cause), { retryAfterMs: Math.max(waitMs, 1) });
      await pause(waitMs);
    }
  }

  async #askForTurn(call: Call): Promise<Turn> {
    try {
      return await this.#budget.take(call.priority);
    } catch (cause) {
      throw new NotSent('The budget of calls to the cloud cannot be read at the moment.', { cause });
    }
  }

  /** Calls that are under way get their answers. */
  async close(): Promise<void> {
    await this.#pool.close();
  }
}

const readText = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > LONGEST_ANSWER_BYTES) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** What an answer's body says, or Unavailable: the cloud may do better next time. */
export const readAs = <Schema extends z.ZodType>(schema: Schema, body: unknown, path: string): z.infer<Schema> => {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new Unavailable(`The cloud answered GET ${path} with something unreadable.`, { cause: parsed.error });
  return parsed.data;
};

/** A list that is read to its end, page by page. @throws Unavailable for one that has no end */
export const allPages = async <Item>(read: (page: number) => Promise<{ readonly items: readonly Item[]; readonly next: number | undefined }>): Promise<Item[]> => {
  const all: Item[] = [];
  for (let page = 1; page <= MOST_PAGES; ) {
    const { items, next } = await read(page);
    all.push(...items);
    if (next === undefined || next <= page) return all;
    page = next;
  }
  throw new Unavailable(`The cloud’s list has more than ${MOST_PAGES} pages.`);
};

const reasonOf = (error: unknown): string => (error instanceof Unavailable ? error.message : 'The cloud did not answer.');
const codeOfNotSent = (error: NotSent): string => {
  if (error instanceof TokenRefused) return 'cloud.unauthorized';
  return error instanceof OverBudget ? 'cloud.rate_limited' : 'cloud.unreachable';
};
const retryAfterOf = (error: NotSent): number => Math.max(SHORTEST_RETRY_MS, error.retryAfterMs);

/** What a create without an answer comes to: it was not sent, or nobody knows. */
export const createSilence = (error: unknown): CreateOutcome =>
  error instanceof NotSent ? { type: 'rejected', code: codeOfNotSent(error), reason: error.message, retryAfterMs: retryAfterOf(error) } : { type: 'unknown', reason: reasonOf(error) };

export const actSilence = (error: unknown): ActOutcome =>
  error instanceof NotSent ? { type: 'busy', reason: error.message, retryAfterMs: retryAfterOf(error) } : { type: 'unknown', reason: reasonOf(error) };

export const probeSilence = (error: unknown): Probe => ({ isGood: false, code: error instanceof NotSent ? codeOfNotSent(error) : 'cloud.unavailable', reason: reasonOf(error) });
