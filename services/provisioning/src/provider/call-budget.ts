/**
 * How many calls one credential may still make: a token bucket below the cloud's own limits (5,000 an hour and 250 a
 * minute), which stops altogether when the cloud's headers say so. Nobody waits in here for long: a caller is told when
 * to come back.
 */
export type CallBudget = {
  /** Takes one call, or says after how many milliseconds there may be one. */
  take(): { readonly waitMs: number };
  /** What an answer's headers say about the budget. */
  learn(status: number, header: (name: string) => string | undefined): void;
};

export type BudgetOptions = { readonly perSecond: number; readonly burst: number; readonly now: () => number };

const SHORT_BREAK_MS = 2000;
const LONG_BREAK_MS = 60_000;

const numberOf = (text: string | undefined): number | undefined => (text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined);

export const createCallBudget = ({ perSecond, burst, now }: BudgetOptions): CallBudget => {
  let tokens = burst;
  let refilledAt = now();
  let closedUntil = 0;
  const closeFor = (ms: number) => {
    closedUntil = Math.max(closedUntil, now() + ms);
  };
  return {
    take: () => {
      const at = now();
      if (at < closedUntil) return { waitMs: closedUntil - at };
      tokens = Math.min(burst, tokens + ((at - refilledAt) / 1000) * perSecond);
      refilledAt = at;
      if (tokens < 1) return { waitMs: Math.ceil(((1 - tokens) / perSecond) * 1000) };
      tokens -= 1;
      return { waitMs: 0 };
    },
    learn: (status, header) => {
      const retryAfter = numberOf(header('retry-after'));
      const reset = numberOf(header('ratelimit-reset'));
      // The reset is when the oldest request of the hour expires; it can lie in the past.
      const untilReset = reset === undefined ? SHORT_BREAK_MS : Math.min(LONG_BREAK_MS, Math.max(SHORT_BREAK_MS, reset * 1000 - now()));
      if (status === 429) closeFor(retryAfter === undefined ? untilReset : retryAfter * 1000);
      else if (numberOf(header('ratelimit-remaining')) === 0) closeFor(untilReset);
    },
  };
};
