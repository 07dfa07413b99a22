/** Waiting before another try: exponential with full jitter, so that a fleet that failed together does not return together. */
import { setTimeout as delay } from 'node:timers/promises';

export type Backoff = { readonly firstMs: number; readonly maxMs: number };

/** Anywhere between now and the window of this try (counted from 0). */
export const fullJitter = (tries: number, { firstMs, maxMs }: Backoff, random = Math.random): number =>
  random() * Math.min(maxMs, firstMs * 2 ** Math.min(tries, 30));

/** So many tries are within one window each: a broker that restarts is back within seconds, and two windows are a minute. */
const TRIES_IN_ONE_WINDOW = 8;
const MOST_WINDOWS = 4;

/**
 * Before a dial that follows a lost connection or a failed dial (counted from 0): anywhere in the window, which only
 * grows when the broker stays away. To dial where nobody listens costs nobody anything; what a window is for is that
 * those who find the broker there again do not find it all at once.
 */
export const reconnectDelay = (tries: number, windowMs: number, random = Math.random): number =>
  fullJitter(Math.max(0, tries - TRIES_IN_ONE_WINDOW + 1), { firstMs: windowMs, maxMs: windowMs * MOST_WINDOWS }, random);

export const between = (fromMs: number, toMs: number): number => fromMs + Math.random() * (toMs - fromMs);

/** False once `signal` has ended the wait. */
export const waited = async (ms: number, signal: AbortSignal): Promise<boolean> => {
  try {
    await delay(ms, undefined, { signal });
    return true;
  } catch {
    return false;
  }
};

export type Retry<T> = {
  readonly action: () => Promise<T>;
  readonly onFailure: (error: unknown, nextInMs: number) => void;
  readonly backoff: (error: unknown) => Backoff;
  readonly signal: AbortSignal;
};

/** Tries for ever; undefined only when `signal` says stop. */
export const untilItWorks = async <T>({ action, onFailure, backoff, signal }: Retry<T>): Promise<T | undefined> => {
  for (let tries = 0; !signal.aborted; tries += 1) {
    try {
      return await action();
    } catch (error) {
      const nextInMs = fullJitter(tries, backoff(error));
      onFailure(error, nextInMs);
      await waited(nextInMs, signal);
    }
  }
  return undefined;
};
