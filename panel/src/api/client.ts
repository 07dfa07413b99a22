/**
 * Calls to the hub. The session is an HttpOnly cookie, so no token is ever in reach of a script; an answer of 401 only
 * says that nobody is signed in any more, and the shell shows the sign-in in place of the room that was open.
 */
import { me } from '../session/me.ts';
import { problemOf, unreachable } from './problem.ts';

const TIMEOUT_MS = 20_000;

type Call = { readonly method: 'GET' | 'POST' | 'DELETE'; readonly path: string; readonly body?: unknown; readonly idempotencyKey?: string };

const send = async ({ method, path, body, idempotencyKey }: Call): Promise<Response> => {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
  try {
    return await fetch(path, {
      method, headers, credentials: 'same-origin', signal: AbortSignal.timeout(TIMEOUT_MS),
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

const call = async <Answer>(request: Call): Promise<Answer> => {
  const response = await send(request);
  const body = await bodyOf(response);
  if (response.ok) return body as Answer;
  if (response.status === 401 && request.path !== '/api/auth/login') me.value = null;
  throw problemOf(response.status, body);
};

export const get = <Answer>(path: string): Promise<Answer> => call({ method: 'GET', path });
export const remove = <Answer>(path: string): Promise<Answer> => call({ method: 'DELETE', path });
export const post = <Answer>(path: string, body?: unknown, idempotencyKey?: string): Promise<Answer> =>
  call({ method: 'POST', path, body: body ?? {}, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) });

/** `crypto.randomUUID` exists on secure origins only, and a panel in a private network may be on plain HTTP. */
export const newKey = (): string => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
