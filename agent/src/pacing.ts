/**
 * When to dial the broker: at once the first time, later anywhere in a window. Where nobody listens a dial costs nobody
 * anything, and the window hardly grows. A broker that answers and does not get as far as signing us in has too many at
 * once: then the window doubles each time, so that a fleet of any size finds the pace that its broker can bear.
 */
import { reconnectDelay } from './backoff.ts';

/** What became of a dial: nobody was there; it was there and did not come to us in time; it looked at us and said no. */
export type Dialled = 'nobody' | 'crowded' | 'refused';

/** Four minutes, with a window of half a minute. Larger fleets are told a larger one. */
const MOST_DOUBLINGS = 3;

/** What the broker says when it has waited too long for us, or has no room; everything else is about who we are. */
const CROWDED = /authentication timeout|maximum connections exceeded|slow consumer|stale connection/i;
const ABOUT_US = /authoriz|authentication|revoked|expired/i;

/** @param complaint what the broker said when it ended the connection @param isAnswered it had answered at all */
export const becameOf = (dial: { readonly isAnswered: boolean; readonly complaint: string | undefined } | undefined): Dialled => {
  if (!dial?.isAnswered) return 'nobody';
  if (dial.complaint === undefined || CROWDED.test(dial.complaint)) return 'crowded';
  return ABOUT_US.test(dial.complaint) ? 'refused' : 'crowded';
};

export type Pacing = {
  /** We leave on purpose, for a new credential: come back at once. */
  planned(): void;
  connected(): void;
  /** How long to wait before the next dial. */
  nextIn(): number;
  /** A dial, after `nextIn`, has failed. */
  failed(dialled: Dialled): void;
};

/** @param windowMs asked anew each time: the control plane may tell another one */
export const createPacing = (windowMs: () => number, random = Math.random): Pacing => {
  let tries = -1;
  let crowded = 0;
  return {
    planned: () => {
      tries = -1;
    },
    connected: () => {
      tries = 0;
      crowded = 0;
    },
    nextIn: () => {
      const delay = tries < 0 ? 0 : reconnectDelay(tries, windowMs() * 2 ** crowded, random);
      tries += 1;
      return delay;
    },
    failed: (dialled) => {
      if (dialled === 'crowded') crowded = Math.min(crowded + 1, MOST_DOUBLINGS);
    },
  };
};
