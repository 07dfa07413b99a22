/**
 * The brakes on everything, far above what people and programs do: nobody keeps a hub busy alone. Tighter ones stand at the
 * routes that can be tried by strangers or that cost much. Per replica. Nothing of it goes into the audit, which whoever asks so
 * often would fill.
 */
import { networkOf } from '@citrus/contracts';
import { createRateLimit } from './rate-limit.ts';

/** So many seconds' worth may come at once. */
const BURST_SECONDS = 10;
/** Many people share an address, and fleets do. */
const PEOPLE_AT_AN_ADDRESS = 5;

export type GeneralLimits = {
  /** @throws TooManyRequests */
  byAddress(address: string): void;
  /** @throws TooManyRequests */
  byPerson(userId: string): void;
};

export const generalLimits = (perSecond: number): GeneralLimits => {
  const rateOf = (times: number) => ({ perSecond: perSecond * times, burst: perSecond * times * BURST_SECONDS });
  const address = createRateLimit(rateOf(PEOPLE_AT_AN_ADDRESS), { message: 'Too many requests come from your address; wait a moment and try again.' });
  const person = createRateLimit(rateOf(1), { message: 'You send too many requests; wait a moment and try again.' });
  return { byAddress: (ip) => address(networkOf(ip)), byPerson: (userId) => person(userId) };
};
