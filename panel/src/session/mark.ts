/**
 * A mark, shared by this browser's tabs, that somebody is signed in. It holds no secret: the session is in cookies that
 * no script can read, so without it a first visit would ask in vain, and a tab would not see another one sign out.
 */
const KEY = 'citrus-signed-in';

/** A browser may forbid its storage; then the hub is asked each time. */
const storage = (): Storage | undefined => {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
};

export const maybeSignedIn = (): boolean => {
  const marks = storage();
  return marks === undefined || marks.getItem(KEY) !== null;
};

export const markSignedIn = (): void => storage()?.setItem(KEY, 'yes');
export const markSignedOut = (): void => storage()?.removeItem(KEY);

export const onSignedOutElsewhere = (act: () => void): void => {
  addEventListener('storage', ({ key, newValue }) => { if (key === KEY && newValue === null) act(); });
};
