/**
 * How guessing is slowed down. A few failures are free, then every further one makes the next wait twice as long. Each
 * try is counted before its password is looked at, so guesses that run side by side are no way around it; a right one
 * takes its count back.
 *
 * Whoever comes from where the person has signed in before (the same browser, else the same address) is counted apart:
 * a stranger who guesses at an account stops strangers, not its owner.
 */
export type Rule = { readonly free: number; readonly firstPauseMs: number; readonly longestPauseMs: number; readonly forgetAfterMs: number };
export type Counter = { readonly failures: number; readonly lastAt: number; readonly pausedUntil: number | null };

const [MINUTE, HOUR] = [60_000, 3_600_000];

export const RULES = {
  /** Everybody who comes from somewhere new, together. */
  stranger: { free: 5, firstPauseMs: MINUTE, longestPauseMs: HOUR, forgetAfterMs: 24 * HOUR },
  /** One browser or address that the person has used before. */
  familiar: { free: 10, firstPauseMs: MINUTE, longestPauseMs: 15 * MINUTE, forgetAfterMs: 24 * HOUR },
  /** One network that tries accounts where it is a stranger; many people may share it. */
  network: { free: 50, firstPauseMs: MINUTE, longestPauseMs: HOUR, forgetAfterMs: 24 * HOUR },
} as const satisfies Record<string, Rule>;
export type Kind = keyof typeof RULES;

const pauseMs = (failures: number, { free, firstPauseMs, longestPauseMs }: Rule): number =>
  failures < free ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures - free, 30));

const known = (counter: Counter | undefined, at: number, rule: Rule): Counter | undefined => (counter && at < counter.lastAt + rule.forgetAfterMs ? counter : undefined);

/** Until when nobody may try. */
export const pausedUntil = (counter: Counter | undefined, at: number, rule: Rule): number | undefined => {
  const until = known(counter, at, rule)?.pausedUntil;
  return until && until > at ? until : undefined;
};

/** One more try, taken for a failure until it is known to be none. */
export const counted = (counter: Counter | undefined, at: number, rule: Rule): Counter => {
  const failures = (known(counter, at, rule)?.failures ?? 0) + 1;
  const pause = pauseMs(failures, rule);
  return { failures, lastAt: at, pausedUntil: pause > 0 ? at + pause : null };
};

/** The try was no failure. The others before it stay, with the pause that they make. */
export const takenBack = ({ failures, lastAt }: Counter, rule: Rule): Counter => {
  const left = Math.max(0, failures - 1);
  const pause = pauseMs(left, rule);
  return { failures: left, lastAt, pausedUntil: pause > 0 ? lastAt + pause : null };
};
