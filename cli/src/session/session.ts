/**
 * The access token for the next request. A refresh token is good for one exchange only, and using one twice ends the
 * session for everybody; so exchanges happen under a lock, and whoever waited for it takes what the other one got.
 */
import { TokenPair } from '@citrus/contracts';
import { CliFailure, EXIT } from '../failure.ts';
import type { Http } from '../api/http.ts';
import { whileLocked } from './lock.ts';
import { removeIfThere, writePrivately, type Places } from './places.ts';
import { findSignIn, readJsonFile, StoredSession, type SignIn } from './session-file.ts';

/** An access token is not used in its last moments: it could run out on the way. */
const MARGIN_MS = 30_000;
const PATIENCE_MS = 30_000;

export type Session = {
  readonly url: string;
  readonly email: string;
  /** @param refused the token that the hub did not take, if that is why one is asked for */
  readonly accessToken: (refused?: string) => Promise<string>;
  /** A session begun at this moment, where the password is at hand. */
  readonly begunAnew?: () => Promise<string>;
};

const signedOut = (why: string, cause?: unknown): CliFailure =>
  new CliFailure(why, { exit: EXIT.signedOut, code: 'session.missing', advice: 'Sign in: citrus login --url https://… --email you@example.com', cause });

const isFresh = (session: StoredSession, refused: string | undefined): boolean =>
  session.accessToken !== refused && Date.parse(session.accessExpiresAt) - MARGIN_MS > Date.now();

export const storeSession = (file: string, who: { url: string; email: string }, { accessToken, refreshToken, expiresInSeconds }: TokenPair): StoredSession => {
  const session = { url: who.url, email: who.email, accessToken, refreshToken, accessExpiresAt: new Date(Date.now() + expiresInSeconds * 1000).toISOString() };
  writePrivately(file, `${JSON.stringify(session, null, 2)}\n`);
  return session;
};

/** `code`: of somebody's second factor. */
export type Proof = { readonly email: string; readonly password: string; readonly code?: string | undefined };

export const requestTokens = (http: Http, { email, password, code }: Proof): Promise<TokenPair> =>
  http.json({ method: 'POST', path: '/api/auth/login', body: { email, password, ...(code && { code }) } }, TokenPair);

const isSignedOut = (error: unknown): boolean => error instanceof CliFailure && error.exit === EXIT.signedOut;

/** What the stored refresh token gets us; with credentials at hand its end is no end. */
const renewed = async (signIn: SignIn, http: Http, stored: StoredSession | undefined): Promise<StoredSession> => {
  if (stored) {
    try {
      return storeSession(signIn.file, signIn, await http.json({ method: 'POST', path: '/api/auth/refresh', body: { refreshToken: stored.refreshToken } }, TokenPair));
    } catch (error) {
      if (!isSignedOut(error)) throw error;
      removeIfThere(signIn.file);
      if (!signIn.credentials) throw signedOut(`the session of ${signIn.email} at ${signIn.url} is over`, error);
    }
  }
  if (!signIn.credentials) throw signedOut('you are not signed in');
  return storeSession(signIn.file, signIn, await requestTokens(http, signIn.credentials));
};

/** @throws CliFailure when nobody is signed in */
export const openSession = (places: Places, httpOf: (url: string) => Http): Session => {
  const signIn = findSignIn(places);
  if (!signIn) throw signedOut('you are not signed in');
  const http = httpOf(signIn.url);
  const stored = () => readJsonFile(signIn.file, StoredSession);
  const { credentials } = signIn;
  return {
    url: signIn.url,
    email: signIn.email,
    ...(credentials && {
      begunAnew: () => whileLocked(`${signIn.file}.lock`, { patienceMs: PATIENCE_MS }, async () => storeSession(signIn.file, signIn, await requestTokens(http, credentials)).accessToken),
    }),
    accessToken: async (refused) => {
      const known = stored();
      if (known && isFresh(known, refused)) return known.accessToken;
      const session = await whileLocked(`${signIn.file}.lock`, { patienceMs: PATIENCE_MS }, async () => {
        const meanwhile = stored();
        return meanwhile && isFresh(meanwhile, refused) ? meanwhile : renewed(signIn, http, meanwhile);
      });
      return session.accessToken;
    },
  };
};
