/** How often one person may ask for what costs a service seconds of work; per replica, like the limits by address. */
import { createRateLimit, type Rate } from '../http/rate-limit.ts';
import type { Visit } from '../http/visit.ts';

const WORDS = 'You ask for this more often than it can be answered; wait a moment and try again.';

export const limitedPerPerson = (rate: Rate) => {
  const limit = createRateLimit(rate, { message: WORDS });
  /** @throws TooManyRequests */
  return (visit: Visit): void => limit(visit.caller.userId);
};
