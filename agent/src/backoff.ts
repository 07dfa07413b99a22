/** Waiting before another try: exponential with full jitter, so that a fleet that failed together does not return together. */
import { setTimeout as delay } from 'node:timers/promises';

export type Backoff = { readonly firstMs: number; readonly maxMs: number };

/** Anywhere between now and the window of this try (counted from 0). */
export const fullJitter = (tries: number, { firstMs, maxMs }: Backoff, random = Math.random): number =>
  random() * Math.min(maxMs, firstMs * 2 ** Math.min(tries, 30));

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
