/**
 * When to read again after a fact. A read model trails its log by a moment, so there is a read soon, for the eye, and
 * one a little after the last fact, for the truth. A storm of facts costs one read a second.
 */
const SOON_MS = 60;
const AT_MOST_EVERY_MS = 1000;
const AFTER_THE_LAST_MS = 900;

type ReadAgain = { readonly touch: () => void; readonly cancel: () => void };

export const createReadAgain = (read: () => void): ReadAgain => {
  let soon: ReturnType<typeof setTimeout> | undefined;
  let later: ReturnType<typeof setTimeout> | undefined;
  let lastAt = -Infinity;
  const readSoon = (): void => {
    soon = undefined;
    lastAt = performance.now();
    read();
  };
  return {
    touch: () => {
      soon ??= setTimeout(readSoon, Math.max(SOON_MS, lastAt + AT_MOST_EVERY_MS - performance.now()));
      clearTimeout(later);
      later = setTimeout(read, AFTER_THE_LAST_MS);
    },
    cancel: () => {
      clearTimeout(soon);
      clearTimeout(later);
    },
  };
};
