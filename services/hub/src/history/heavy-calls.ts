/** How often one person may ask for what costs a service seconds of work; per replica, like the limits by address. */
import { createRateLimit, TooManyRequests, type Rate } from '../http/rate-limit.ts';
import type { Visit } from '../http/visit.ts';

const WORDS = 'You ask for this more often than it can be answered; wait a moment and try again.';

export const limitedPerPerson = (rate: Rate) => {
  const limit = createRateLimit(rate, { message: WORDS });
  /** @throws TooManyRequests */
  return (visit: Visit): void => limit(visit.caller.userId);
};

const ONE_SECOND_MS = 1000;

/**
 * How many such calls of one person may be under way: a filter that finds little reads a whole log for each, and a service
 * has few connections to its database for everybody. Who asks for one page after the other never meets it.
 */
export const fewAtOncePerPerson = (most: number) => {
  const underWay = new Map<string, number>();
  /** @throws TooManyRequests */
  return async <T>({ caller: { userId } }: Visit, work: () => Promise<T>): Promise<T> => {
    const others = underWay.get(userId) ?? 0;
    if (others >= most) throw new TooManyRequests(ONE_SECOND_MS, WORDS);
    underWay.set(userId, others + 1);
    try {
      return await work();
    } finally {
      const left = (underWay.get(userId) ?? 1) - 1;
      if (left > 0) underWay.set(userId, left);
      else underWay.delete(userId);
    }
  };
};
