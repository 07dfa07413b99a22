/**
 * Calls to the hub. The session is in HttpOnly cookies, so no token is ever in reach of a script. An answer of 401 is
 * tried again with renewed access; if that is over too, the shell shows the sign-in in place of the room that was open.
 */
import { me } from '../session/me.ts';
import { projectId } from '../session/project.ts';
import { problemOf, unreachable, type ApiProblem } from './problem.ts';
import { renewSession } from './renewal.ts';
import { addressIn } from './scope.ts';

const TIMEOUT_MS = 20_000;

/** Somebody got a password or code wrong, or too often; whoever is signed in stays so. */
const NOT_ABOUT_THE_SESSION: readonly string[] = ['session.wrong_credentials', 'session.second_factor_needed', 'session.wrong_code', 'session.too_many_attempts'];

/** `signal`: of whoever may lose interest before the answer comes. */
type Patience = { readonly signal?: AbortSignal; readonly timeoutMs?: number };
type Call = { readonly method: 'GET' | 'POST' | 'DELETE'; readonly path: string; readonly body?: unknown; readonly idempotencyKey?: string } & Patience;

/** `AbortSignal.any` is younger than the browsers that we serve. */
const endOf = ({ signal, timeoutMs = TIMEOUT_MS }: Patience): AbortSignal => {
  if (!signal) return AbortSignal.timeout(timeoutMs);
  const either = new AbortController();
  for (const end of [signal, AbortSignal.timeout(timeoutMs)]) {
    if (end.aborted) either.abort();
    end.addEventListener('abort', () => either.abort(), { once: true });
  }
  return either.signal;
};

const send = async ({ method, path, body, idempotencyKey, ...patience }: Call): Promise<Response> => {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
  try {
    return await fetch(addressIn(projectId.value, path), {
      method, headers, credentials: 'same-origin', signal: endOf(patience),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw unreachable();
  }
};

const bodyOf = async (response: Response): Promise<unknown> => {
  const text = await response.text();
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
};

const isSessionOver = (problem: ApiProblem | undefined): boolean => problem?.status === 401 && !NOT_ABOUT_THE_SESSION.includes(problem.code);

const ask = async (request: Call): Promise<{ body: unknown; problem: ApiProblem | undefined }> => {
  const response = await send(request);
  const body = await bodyOf(response);
  return { body, problem: response.ok ? undefined : problemOf(response.status, body) };
};

const call = async <Answer>(request: Call): Promise<Answer> => {
  const answer = await ask(request);
  const { problem, body } = isSessionOver(answer.problem) && (await renewSession()) ? await ask(request) : answer;
  if (!problem) return body as Answer;
  if (isSessionOver(problem)) me.value = null;
  throw problem;
};

export const get = <Answer>(path: string, patience: Patience = {}): Promise<Answer> => call({ method: 'GET', path, ...patience });
export const remove = <Answer>(path: string): Promise<Answer> => call({ method: 'DELETE', path });
export const post = <Answer>(path: string, body?: unknown, idempotencyKey?: string): Promise<Answer> =>
  call({ method: 'POST', path, body: body ?? {}, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) });

/** `crypto.randomUUID` exists on secure origins only, and a panel in a private network may be on plain HTTP. */
export const newKey = (): string => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
