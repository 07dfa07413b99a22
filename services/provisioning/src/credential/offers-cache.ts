/** What clouds offer changes seldom, and forms are opened often: asked for once in a while, and once by those who ask at the same time. */
import type { CloudOffers } from '../provider/cloud-offers.ts';

const GOOD_FOR_MS = 5 * 60_000;
const MOST_KEPT = 200;

export const createOffersCache = (now: () => number) => {
  const kept = new Map<string, { readonly offers: Promise<CloudOffers>; readonly since: number }>();
  return (key: string, read: () => Promise<CloudOffers>): Promise<CloudOffers> => {
    const known = kept.get(key);
    if (known && now() < known.since + GOOD_FOR_MS) return known.offers;
    const offers = read();
    kept.delete(key);
    kept.set(key, { offers, since: now() });
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    // A failure is nobody's offer.
    offers.catch(() => kept.delete(key));
    return offers;
  };
};
