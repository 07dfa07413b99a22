/**
 * When to read again after a fact. A read model trails its log by a moment, so there is a read soon, for the eye, and
 * some after the last fact, for the truth: that of a service which is busy, or was just restarted, trails by seconds, and
 * without another fact nobody would ask again. A storm of facts costs one read a second.
 */
const SOON_MS = 60;
const AT_MOST_EVERY_MS = 1000;
const AFTER_THE_LAST_MS = [900, 4000, 15_000];

type ReadAgain = { readonly touch: () => void; readonly cancel: () => void };

export const createReadAgain = (read: () => void): ReadAgain => {
  let soon: ReturnType<typeof setTimeout> | undefined;
  let later: ReturnType<typeof setTimeout>[] = [];
  let lastAt = -Infinity;
  const readSoon = (): void => {
    soon = undefined;
    lastAt = performance.now();
    read();
  };
  return {
    touch: () => {
      soon ??= setTimeout(readSoon, Math.max(SOON_MS, lastAt + AT_MOST_EVERY_MS - performance.now()));
      later.forEach(clearTimeout);
      later = AFTER_THE_LAST_MS.map((afterMs) => setTimeout(read, afterMs));
    },
    cancel: () => [soon, ...later].forEach(clearTimeout),
  };
};
