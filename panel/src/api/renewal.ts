/**
 * Access runs out every few minutes and is renewed with the session's other cookie. That one is good for one exchange:
 * a second use looks like theft and ends the session. So tabs take turns, and each first looks whether another one
 * has renewed it already.
 */
import { signal } from '@preact/signals';
import { maybeSignedIn } from '../session/mark.ts';
import { unreachable } from './problem.ts';

/** How often access was renewed; what somebody may do can be another thing each time. */
export const renewals = signal(0);

/** Where there are no locks (plain HTTP), tabs at least do not move at the same moment. */
const SPREAD_MS = 1500;

const ask = async (path: string, method: 'GET' | 'POST'): Promise<Response> => {
  try {
    return await fetch(path, { method, credentials: 'same-origin', cache: 'no-store', signal: AbortSignal.timeout(20_000), ...(method === 'POST' && { headers: { 'content-type': 'application/json' }, body: '{}' }) });
  } catch {
    throw unreachable();
  }
};

const renewInTurn = async (): Promise<boolean> => {
  if ((await ask('/api/auth/me', 'GET')).ok) return true;
  const { ok, status } = await ask('/api/auth/refresh', 'POST');
  if (!ok && status >= 500) throw unreachable();
  if (ok) renewals.value += 1;
  return ok;
};

const takingTurns = async (): Promise<boolean> => {
  if ('locks' in navigator) return navigator.locks.request('citrus-session', renewInTurn);
  await new Promise((resolve) => { setTimeout(resolve, Math.random() * SPREAD_MS); });
  return renewInTurn();
};

/** For what is known to have changed: new access now, though the one there is would do. */
export const renewAnew = async (): Promise<void> => {
  const refresh = async (): Promise<void> => {
    const { ok } = await ask('/api/auth/refresh', 'POST');
    if (!ok) throw unreachable();
    renewals.value += 1;
  };
  await ('locks' in navigator ? navigator.locks.request('citrus-session', refresh) : refresh());
};

let renewing: Promise<boolean> | undefined;

/** False when the session is over. @throws ApiProblem when that could not be found out. */
export const renewSession = async (): Promise<boolean> => {
  if (!maybeSignedIn()) return false;
  renewing ??= takingTurns();
  try {
    return await renewing;
  } finally {
    renewing = undefined;
  }
};
