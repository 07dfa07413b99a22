/**
 * The browser's sign-in: HttpOnly cookies, because EventSource cannot send an Authorization header and scripts should
 * not hold tokens. Over https they carry the `__Host-` prefix, which ties them to this host and path.
 */
import type { TokenPair } from '@citrus/contracts';

export type Cookies = {
  /** Set-Cookie values that sign the browser in. */
  signedIn(tokens: TokenPair): string[];
  /** Set-Cookie values that make it forget. */
  signedOut(): string[];
  accessTokenOf(header: string | undefined): string | undefined;
  refreshTokenOf(header: string | undefined): string | undefined;
};

const REFRESH_COOKIE_SECONDS = 30 * 86_400;

/** Undefined for a value that is none of ours: browsers send what anybody put there. */
const decoded = (value: string): string | undefined => {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
};

const valueOf = (header: string | undefined, name: string): string | undefined => {
  for (const pair of (header ?? '').split(';')) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name && value) return decoded(value);
  }
  return undefined;
};

export const cookiesFor = (publicUrl: string): Cookies => {
  const isSecure = new URL(publicUrl).protocol === 'https:';
  const access = isSecure ? '__Host-citrus' : 'citrus';
  const refresh = `${access}-refresh`;
  const set = (name: string, value: string, maxAgeSeconds: number) => `${name}=${encodeURIComponent(value)}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${isSecure ? '; Secure' : ''}`;
  return {
    signedIn: ({ accessToken, refreshToken, expiresInSeconds }) => [set(access, accessToken, expiresInSeconds), set(refresh, refreshToken, REFRESH_COOKIE_SECONDS)],
    signedOut: () => [set(access, '', 0), set(refresh, '', 0)],
    accessTokenOf: (header) => valueOf(header, access),
    refreshTokenOf: (header) => valueOf(header, refresh),
  };
};
