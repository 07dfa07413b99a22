/**
 * The way back for a machine whose disk was restored: its keys are those of the disk that was there before, and nobody
 * lets them in any more. The token of its first boot was armed once more; it still stands in the user data, which the
 * cloud's metadata address tells root alone (see install/guard.sh).
 */
import { call } from './http.ts';

const FIRST_LINE = '# Written by Citrus.';
const TOKEN_LINE = /^printf '%s\\n' '([A-Za-z0-9_.-]{16,256})' >/m;
const TIMEOUT_MS = 5_000;
const MOST_BYTES = 64 * 1024;

export const tokenIn = (userData: string): string | undefined => (userData.includes(FIRST_LINE) ? TOKEN_LINE.exec(userData)?.[1] : undefined);

const read = async (url: string): Promise<string | undefined> => {
  try {
    const { status, body } = await call(url, { signal: AbortSignal.timeout(TIMEOUT_MS), maxBytes: MOST_BYTES });
    return status === 200 ? tokenIn(body.toString('utf8')) : undefined;
  } catch {
    // No cloud, or another one.
    return undefined;
  }
};

/** Undefined where no cloud tells it. */
export const readArmedToken = async (urls: readonly string[]): Promise<string | undefined> => {
  for (const url of urls) {
    const token = await read(url);
    if (token !== undefined) return token;
  }
  return undefined;
};
