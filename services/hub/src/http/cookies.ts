/**
 * The browser's sign-in: HttpOnly cookies, because EventSource cannot send an Authorization header and scripts should
 * not hold tokens. Over https they carry the `__Host-` prefix, which ties them to this host and path.
 */
import { Device, type TokenPair } from '@citrus/contracts';

export type Cookies = {
  /** Set-Cookie values that sign the browser in. */
  signedIn(tokens: TokenPair): string[];
  /** Set-Cookie values that make it forget. */
  signedOut(): string[];
  accessTokenOf(header: string | undefined): string | undefined;
  refreshTokenOf(header: string | undefined): string | undefined;
  /** A name for the browser, by which people who sign in here are told from strangers. It stays when they sign out. */
  device(value: string): string;
  deviceOf(header: string | undefined): string | undefined;
  /** Binds a sign-in at a provider to the browser that began it. */
  begun(secret: string, seconds: number): string;
  finished(): string;
  begunOf(header: string | undefined): string | undefined;
  /** How far the logs were after what this browser did last: another hub may not have heard of it yet. */
  wrote(position: string): string;
  wroteOf(header: string | undefined): string | undefined;
};

const REFRESH_COOKIE_SECONDS = 30 * 86_400;
const DEVICE_COOKIE_SECONDS = 400 * 86_400;
/** Longer than any hub keeps an answer. */
const WROTE_COOKIE_SECONDS = 60;

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
  const [device, begun, wrote] = [`${access}-device`, `${access}-begun`, `${access}-wrote`];
  type Sent = 'Strict' | 'Lax';
  const set = (name: string, value: string, { seconds, sameSite = 'Strict' }: { seconds: number; sameSite?: Sent }) =>
    `${name}=${encodeURIComponent(value)}; Path=/; HttpOnly; SameSite=${sameSite}; Max-Age=${seconds}${isSecure ? '; Secure' : ''}`;
  return {
    signedIn: ({ accessToken, refreshToken, expiresInSeconds }) => [set(access, accessToken, { seconds: expiresInSeconds }), set(refresh, refreshToken, { seconds: REFRESH_COOKIE_SECONDS })],
    signedOut: () => [set(access, '', { seconds: 0 }), set(refresh, '', { seconds: 0 })],
    accessTokenOf: (header) => valueOf(header, access),
    refreshTokenOf: (header) => valueOf(header, refresh),
    device: (value) => set(device, value, { seconds: DEVICE_COOKIE_SECONDS }),
    deviceOf: (header) => Device.safeParse(valueOf(header, device)).data,
    // Lax: the provider's page sends the browser back, and a stricter cookie would stay at home.
    begun: (secret, seconds) => set(begun, secret, { seconds, sameSite: 'Lax' }),
    finished: () => set(begun, '', { seconds: 0, sameSite: 'Lax' }),
    begunOf: (header) => valueOf(header, begun),
    wrote: (position) => set(wrote, position, { seconds: WROTE_COOKIE_SECONDS }),
    wroteOf: (header) => valueOf(header, wrote),
  };
};
