/**
 * How many calls one credential may still make. The service keeps one budget a credential for all its replicas
 * (`budget/`); the one below lives in this process and is enough for a single use. Nobody waits in here for long: a
 * caller is told when to come back.
 */

/**
 * What a call is for. `change`: it makes, changes or removes something that somebody waits for; `look`: it sees how one
 * machine is getting on; `survey`: it reads a whole fleet, which can wait.
 */
export type CallPriority = 'change' | 'look' | 'survey';

/** `cause`: why one has to wait, where it is not the limit. */
export type Turn = { readonly waitMs: number; readonly cause?: 'limit' | 'unauthorized' };

export type CallBudget = {
  /**
   * Takes one call, or says after how many milliseconds there may be one.
   * @throws Unavailable when nobody knows; nothing is sent then
   */
  take(priority: CallPriority): Promise<Turn>;
  /** What an answer's headers say about the budget. Never throws: the answer itself must not be lost. */
  learn(status: number, header: (name: string) => string | undefined): Promise<void>;
};

export type BudgetOptions = { readonly perSecond: number; readonly burst: number; readonly now: () => number };

const SHORT_BREAK_MS = 2000;
const LONG_BREAK_MS = 60_000;
/** No limit of a cloud lasts longer; whoever says so is mistaken. */
const LONGEST_BREAK_MS = 3_600_000;

const numberOf = (text: string | undefined): number | undefined => (text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined);

/** How long the cloud wants to be left alone, by the headers that DigitalOcean and Hetzner have in common; 0: it does not say so. */
export const breakAfter = (status: number, header: (name: string) => string | undefined, now: number): number => {
  const retryAfter = numberOf(header('retry-after'));
  const reset = numberOf(header('ratelimit-reset'));
  // The reset is when the oldest request of the hour expires; it can lie in the past.
  const untilReset = reset === undefined ? SHORT_BREAK_MS : Math.min(LONG_BREAK_MS, Math.max(SHORT_BREAK_MS, reset * 1000 - now));
  if (status === 429) return retryAfter === undefined ? untilReset : Math.min(LONGEST_BREAK_MS, retryAfter * 1000);
  return numberOf(header('ratelimit-remaining')) === 0 ? untilReset : 0;
};

/** A token bucket below the cloud's own limits, which stops altogether when the cloud's headers say so. */
export const createCallBudget = ({ perSecond, burst, now }: BudgetOptions): CallBudget => {
  let tokens = burst;
  let refilledAt = now();
  let closedUntil = 0;
  return {
    take: async () => {
      const at = now();
      if (at < closedUntil) return { waitMs: closedUntil - at };
      tokens = Math.min(burst, tokens + ((at - refilledAt) / 1000) * perSecond);
      refilledAt = at;
      if (tokens < 1) return { waitMs: Math.ceil(((1 - tokens) / perSecond) * 1000) };
      tokens -= 1;
      return { waitMs: 0 };
    },
    learn: async (status, header) => {
      const at = now();
      closedUntil = Math.max(closedUntil, at + breakAfter(status, header, at));
    },
  };
};
