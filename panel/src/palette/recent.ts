/** What somebody was at last, for the palette: addresses only, kept in this browser per person. Names are looked up when shown. */
import { me } from '../session/me.ts';

const MOST = 8;
const OF_ONE_THING = /^\/(?:servers|jobs|runs)\/(?!new$)[\w-]+$/;

const keyOf = (): string | undefined => (me.peek() ? `citrus-recent-${me.peek()?.userId}` : undefined);

const read = (key: string): string[] => {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(kept) ? kept.filter((path): path is string => typeof path === 'string' && OF_ONE_THING.test(path)) : [];
  } catch {
    return [];
  }
};

export const recentPaths = (): string[] => {
  const key = keyOf();
  return key ? read(key) : [];
};

export const withNewest = (paths: readonly string[], path: string): string[] => [path, ...paths.filter((one) => one !== path)].slice(0, MOST);

export const remember = (path: string): void => {
  const key = keyOf();
  if (!key || !OF_ONE_THING.test(path)) return;
  try {
    localStorage.setItem(key, JSON.stringify(withNewest(read(key), path)));
  } catch {
    // A browser may forbid its storage; then nothing is recent.
  }
};
