/**
 * What follows from one try to deliver. Pure. A try waits at most four times as long as the one before it, by chance
 * between nothing and that (full jitter), so that a receiver which comes back is not met by everything at once. With the
 * usual first wait ten tries take a day on average, and two days at most.
 */
import { PING } from '@citrus/contracts';
import type { Outcome } from '@citrus/kit-service';

export const MOST_TRIES = 10;
const GROWTH = 4;
const LONGEST_WAIT_MS = 16 * 3_600_000;
/** A receiver may ask for more patience, but not for ever. */
const LONGEST_ASKED_MS = 3_600_000;
/** It says that it wants no more of them, for good. */
const GONE = 410;

export type Tried = { readonly type: string; /** Tries before this one. */ readonly tries: number; readonly outcome: Outcome; /** The first wait at most. */ readonly firstMs: number; /** From 0 to 1. */ readonly chance: number };
export type Verdict =
  | { readonly status: 'delivered' }
  | { readonly status: 'waiting'; readonly afterMs: number; readonly problem: string }
  | { readonly status: 'failed'; readonly problem: string; /** Nothing more is to be sent to this receiver. */ readonly pause?: string };

export const isDelivered = (outcome: Outcome): boolean => outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300;

/** Why it was not delivered, for people. */
export const problemOf = (outcome: Outcome): string => {
  if (outcome.kind === 'failed') return outcome.reason;
  if (outcome.status >= 300 && outcome.status < 400) return `The receiver answered ${outcome.status}, a redirect. Redirects are not followed; enter the address that it leads to.`;
  return `The receiver answered ${outcome.status}; only 2xx counts as delivered.`;
};

export const longestWaitMs = (tries: number, firstMs: number): number => Math.min(LONGEST_WAIT_MS, firstMs * GROWTH ** tries);

export const verdictOn = ({ type, tries, outcome, firstMs, chance }: Tried): Verdict => {
  if (isDelivered(outcome)) return { status: 'delivered' };
  const problem = problemOf(outcome);
  if (outcome.kind === 'answered' && outcome.status === GONE) return { status: 'failed', problem, pause: 'The receiver answered 410 Gone: it wants no more.' };
  // Whoever pings looks at what comes of it now.
  if (type === PING || tries + 1 >= MOST_TRIES) return { status: 'failed', problem };
  const asked = outcome.kind === 'answered' ? Math.min(outcome.retryAfterMs ?? 0, LONGEST_ASKED_MS) : 0;
  return { status: 'waiting', afterMs: Math.max(asked, Math.round(longestWaitMs(tries, firstMs) * chance)), problem };
};
