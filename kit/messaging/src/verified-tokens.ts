/** Access tokens whose signature was checked a moment ago, and whom they stand for, until they run out. The least used go first. */
import type { Caller } from '@citrus/contracts';

type Verified = { readonly caller: Caller; readonly untilMs: number };

export type VerifiedTokens = {
  /** Undefined when it must be verified (again). */
  of(token: string): Caller | undefined;
  learn(token: string, verified: Verified): void;
};

/** About a kilobyte each. */
const MOST = 2000;

export const createVerifiedTokens = ({ most = MOST, now = Date.now }: { readonly most?: number; readonly now?: () => number } = {}): VerifiedTokens => {
  const known = new Map<string, Verified>();
  return {
    of: (token) => {
      const found = known.get(token);
      if (!found) return undefined;
      known.delete(token);
      // To the second, as the libraries reckon it.
      if (Math.floor(now() / 1000) * 1000 >= found.untilMs) return undefined;
      known.set(token, found);
      return found.caller;
    },
    learn: (token, verified) => {
      const [oldest] = known.keys();
      if (known.size >= most && !known.has(token) && oldest !== undefined) known.delete(oldest);
      known.set(token, verified);
    },
  };
};
