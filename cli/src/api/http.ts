/** One exchange with the hub, and what its failures mean on a command line. */
import { HttpProblem } from '@citrus/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import { CliFailure, EXIT, type Exit } from '../failure.ts';

export type Query = Readonly<Record<string, string | number | undefined>>;
export type Call = { readonly method?: 'GET' | 'POST' | 'DELETE'; readonly path: string; readonly query?: Query; readonly body?: object; readonly headers?: Readonly<Record<string, string>>; /** For what is allowed rarely: trying again would use that up. */ readonly isTriedOnce?: true };

export type Http = {
  readonly url: string;
  /** @throws CliFailure for every answer but success */
  readonly send: (call: Call) => Promise<Response>;
  readonly json: <Schema extends z.ZodType>(call: Call, reply: Schema) => Promise<z.infer<Schema>>;
};

const ANSWER_WITHIN_MS = 60_000;
const MOST_TRIES = 4;
const LONGEST_WAIT_MS = 5000;
/** Whoever waits for longer is told why. */
const QUIET_MS = 2000;

const EXIT_OF: Readonly<Record<number, Exit>> = { 400: EXIT.usage, 401: EXIT.signedOut, 422: EXIT.usage, 429: EXIT.unavailable, 502: EXIT.unavailable, 503: EXIT.unavailable, 504: EXIT.unavailable };

const ADVICE_OF: Readonly<Record<number, string>> = {
  400: 'Mend what is named above; --help shows how it is written.',
  401: 'Sign in: citrus login',
  403: 'Ask an owner of the project for the role that this needs.',
  404: 'Look at what is there: citrus history tail, or citrus history state servers --at now',
  422: 'Mend what is named above; --help shows how it is written.',
  429: 'Wait a moment and run it again.',
  502: 'Try again later; citrus started with npm start keeps its logs in .citrus/logs.',
  503: 'Try again later; citrus started with npm start keeps its logs in .citrus/logs.',
};

/** By what was refused, where that says more than the status. */
const ADVICE_BY_CODE: Readonly<Record<string, string>> = {
  'session.wrong_credentials': 'Try again: citrus login',
  'session.second_factor_needed': 'Give the code, too: citrus login --code 123456',
  'session.wrong_code': 'Wait for the next code in your app, or use a recovery code: citrus login --code …',
  'session.too_many_attempts': 'Wait as long as it says, then try again.',
  'role.above_own': 'Ask an owner of the project.',
  'project.last_owner': 'Make somebody else owner first: citrus people role <who> owner',
  'member.unknown': 'Look who is there: citrus people list',
};

const advice = (problem: HttpProblem | undefined, status: number): string => {
  if (problem?.fields?.some(({ path }) => path === 'projectId')) return 'Say which: citrus projects use <name>, or CITRUS_PROJECT=<id>. See: citrus projects list';
  return (problem && ADVICE_BY_CODE[problem.code]) ?? ADVICE_OF[status] ?? 'Look at the message above.';
};

const problemIn = (text: string): HttpProblem | undefined => {
  try {
    return HttpProblem.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
};

/** A status of 400 or more as a failure in words. */
export const failureOf = async (response: Response, what: string): Promise<CliFailure> => {
  const problem = problemIn(await response.text().catch(() => ''));
  // The detail mostly says already what is wrong with the fields.
  const fields = problem?.fields?.filter(({ path, message }) => !problem.detail.includes(path) && !problem.detail.includes(message)).map(({ path, message }) => `${path} ${message}`).join('; ');
  const quote = response.status >= 500 && problem?.correlationId ? ` (id for support: ${problem.correlationId})` : '';
  const why = problem ? `${problem.detail}${fields ? ` ${fields}` : ''}${quote}` : `the hub answered ${response.status}`;
  return new CliFailure(`${what}: ${why}`, { exit: EXIT_OF[response.status] ?? EXIT.failed, code: problem?.code ?? `http.${response.status}`, advice: advice(problem, response.status) });
};

/** The innermost reason: fetch itself only says that it failed. */
const reasonOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (error instanceof Error && error.cause) return reasonOf(error.cause);
  return error instanceof Error ? error.message : String(error);
};

export const unreachable = (url: string, cause: unknown): CliFailure =>
  new CliFailure(`${url} cannot be reached: ${reasonOf(cause)}`, { exit: EXIT.unavailable, code: 'hub.unreachable', advice: 'Is Citrus running there? Start it with npm start, or sign in elsewhere with citrus login --url …', cause });

const urlOf = (base: string, { path, query = {} }: Call): URL => {
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  return url;
};

/** Only questions are asked again: a change may have happened although its answer got lost. */
const waitBefore = (call: Call, response: Response, tries: number): number | undefined => {
  const isPassing = response.status === 429 || response.status === 502 || response.status === 503;
  if (!isPassing || call.isTriedOnce || (call.method ?? 'GET') !== 'GET' || tries >= MOST_TRIES) return undefined;
  return Math.min(LONGEST_WAIT_MS, Math.max(200 * 2 ** tries, Number(response.headers.get('retry-after') ?? 0) * 1000));
};

/** The time limit is for the head of the answer; a long body may take as long as it comes. */
const fetchHead = async (url: URL, init: RequestInit): Promise<Response> => {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new Error(`no answer within ${ANSWER_WITHIN_MS / 1000} s`)), ANSWER_WITHIN_MS);
  try {
    return await fetch(url, { ...init, signal: abort.signal });
  } catch (error) {
    throw unreachable(url.origin, abort.signal.aborted ? abort.signal.reason : error);
  } finally {
    clearTimeout(timer);
  }
};

const noteOnStderr = (line: string): void => void process.stderr.write(`${line}\n`);

/** @param note told once until there is an answer again: waiting in silence looks like hanging */
export const createHttp = (url: string, note: (line: string) => void = noteOnStderr): Http => {
  let isTold = false;
  const tellWaiting = (response: Response, waitedMs: number): void => {
    if (isTold || waitedMs < QUIET_MS) return;
    isTold = true;
    note(`citrus: ${url} answers ${response.status}, ${response.status === 429 ? 'too many requests' : 'not ready'}; asking again for a while`);
  };
  const send = async (call: Call): Promise<Response> => {
    const beganAt = Date.now();
    const headers = { accept: 'application/json', ...(call.body && { 'content-type': 'application/json' }), ...call.headers };
    for (let tries = 1; ; tries += 1) {
      const response = await fetchHead(urlOf(url, call), { method: call.method ?? 'GET', headers, ...(call.body && { body: JSON.stringify(call.body) }), redirect: 'error' });
      if (response.ok) {
        isTold = false;
        return response;
      }
      const waitMs = waitBefore(call, response, tries);
      if (waitMs === undefined) throw await failureOf(response, `${call.method ?? 'GET'} ${call.path}`);
      await response.body?.cancel();
      tellWaiting(response, Date.now() - beganAt + waitMs);
      await pause(waitMs);
    }
  };
  return {
    url,
    send,
    json: async (call, reply) => {
      const response = await send(call);
      const text = await response.text().catch((error: unknown) => {
        throw unreachable(url, error);
      });
      return parseReply(reply, text, call.path);
    },
  };
};

/** @throws CliFailure when the hub speaks another language than we do */
export const parseReply = <Schema extends z.ZodType>(schema: Schema, text: string, from: string): z.infer<Schema> => {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CliFailure(`the answer of ${from} is not what this citrus understands`, { exit: EXIT.failed, code: 'reply.unknown', advice: 'Is the address right, and is this citrus as new as the hub? Update the checkout and try again.', cause });
  }
};
