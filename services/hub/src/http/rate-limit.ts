/** Token buckets by address, in memory: a brake on guessing, one per replica. Auth keeps its own count by account. */

/** Too many attempts; the only HTTP answer that no domain error stands for. */
export class TooManyRequests extends Error {
  override readonly name = 'TooManyRequests';
  constructor(
    readonly retryAfterMs: number,
    message = 'Too many attempts from your address; wait a moment and try again.',
  ) {
    super(message);
  }
}

export type Bucket = { readonly tokens: number; readonly at: number };
export type Rate = { readonly burst: number; readonly perSecond: number };

/** One token less; undefined when there is none. */
export const take = (bucket: Bucket | undefined, now: number, { burst, perSecond }: Rate): Bucket | undefined => {
  const tokens = bucket ? Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond) : burst;
  return tokens >= 1 ? { tokens: tokens - 1, at: now } : undefined;
};

const MOST_ADDRESSES = 10_000;

export const createRateLimit = (rate: Rate, { now = Date.now, message }: { now?: () => number; message?: string } = {}) => {
  const buckets = new Map<string, Bucket>();
  const taken = (key: string): Bucket => {
    const bucket = take(buckets.get(key), now(), rate);
    if (!bucket) throw new TooManyRequests(1000 / rate.perSecond, message);
    return bucket;
  };
  /** @throws TooManyRequests */
  const limit = (key: string): void => {
    const bucket = taken(key);
    // The oldest go first: whoever was away that long has a full bucket anyway.
    if (!buckets.delete(key) && buckets.size >= MOST_ADDRESSES) buckets.delete(buckets.keys().next().value ?? '');
    buckets.set(key, bucket);
  };
  return Object.assign(limit, {
    /** Whether there is still a try, without using it. @throws TooManyRequests */
    check: (key: string): void => void taken(key),
    /** Uses a try if there is one: for what turned out to be wrong. */
    take: (key: string): void => {
      try {
        limit(key);
      } catch (error) {
        if (!(error instanceof TooManyRequests)) throw error;
      }
    },
  });
};
