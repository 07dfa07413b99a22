/**
 * Keys in memory, each for a short time: every sign-in needs one, and a key that was destroyed in another process must
 * not live on here. Normally `SubjectErased` empties it at once; the time is for when that message is late.
 */
export const CACHE_MS = 10_000;
const MOST_KEYS = 10_000;

type Key = Buffer | 'erased';
export type KeyCache = {
  get(subjectId: string): Key | undefined;
  /** That a subject is erased is never overwritten: a slow reader may come with what it read before. */
  put(subjectId: string, key: Key): Key;
};

export const createKeyCache = (now: () => number): KeyCache => {
  const entries = new Map<string, { readonly key: Key; readonly until: number }>();
  const get = (subjectId: string): Key | undefined => {
    const entry = entries.get(subjectId);
    if (!entry || entry.until > now()) return entry?.key;
    entries.delete(subjectId);
    return undefined;
  };
  return {
    get,
    put: (subjectId, key) => {
      const kept = get(subjectId) === 'erased' ? 'erased' : key;
      entries.delete(subjectId);
      entries.set(subjectId, { key: kept, until: now() + CACHE_MS });
      const [oldest] = entries.keys();
      if (entries.size > MOST_KEYS && oldest !== undefined) entries.delete(oldest);
      return kept;
    },
  };
};
