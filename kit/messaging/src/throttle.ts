/** For what strangers can make us say, in logs and to the audit: a burst for each of them, then one line a second. */
const BURST = 20;
const EVERY_MS = 1000;
const MOST_KEYS = 10_000;

type Bucket = { readonly left: number; readonly at: number };

/** True when this one may still be told. */
export const createThrottle = (clock: () => number = Date.now) => {
  const buckets = new Map<string, Bucket>();
  return (key: string): boolean => {
    const now = clock();
    const before = buckets.get(key);
    const left = before ? Math.min(BURST, before.left + (now - before.at) / EVERY_MS) : BURST;
    // The oldest go first: whoever was silent that long has a full bucket anyway.
    if (!buckets.delete(key) && buckets.size >= MOST_KEYS) buckets.delete(buckets.keys().next().value ?? '');
    buckets.set(key, { left: left >= 1 ? left - 1 : left, at: now });
    return left >= 1;
  };
};
