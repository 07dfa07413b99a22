/** Signing in, staying signed in, signing out. Whatever is wrong with a sign-in, the answer says the same. */
import type { Actor, SignIn, TokenPair } from '@citrus/contracts';
import { fold, Refusal, Unauthenticated, type Clock } from '@citrus/kit-domain';
import { newId, type AppendContext, type EventStore } from '@citrus/kit-event-store';
import type { RequestContext } from '@citrus/kit-messaging';
import type { Audit } from '../audit/audit.ts';
import { places, type PersonalTexts } from '../subject/personal-text.ts';
import { normalEmail } from '../user/email.ts';
import type { Passwords } from '../user/password.ts';
import type { Account, Users } from '../user/users.store.ts';
import { ACCESS_TOKEN_SECONDS, mintAccessToken } from './access-token.ts';
import { newRefreshToken, readRefreshToken } from './refresh-token.ts';
import { sessionDecider } from './session.decider.ts';
import type { SessionEvent } from './session.events.ts';
import type { SignInLimit } from './sign-in-limit.store.ts';
import type { SigningKeys } from './signing-keys.store.ts';

const SESSION_DAYS = 30;
const DAY_MS = 86_400_000;

export type SessionParts = {
  readonly store: EventStore;
  readonly users: Users;
  readonly texts: PersonalTexts;
  readonly passwords: Passwords;
  readonly signingKeys: SigningKeys;
  readonly limit: SignInLimit;
  readonly audit: Audit;
  readonly clock: Clock;
};

type Trace = Pick<RequestContext, 'correlationId' | 'traceparent'>;
export type Sessions = {
  signIn(input: SignIn, trace: Trace): Promise<TokenPair>;
  refresh(input: { refreshToken: string; address: string }, trace: Trace): Promise<TokenPair>;
  signOut(input: { refreshToken: string }, trace: Trace): Promise<void>;
};

const contextOf = (trace: Trace, actor: Actor): AppendContext => ({ commandId: newId(), actor, correlationId: trace.correlationId, ...(trace.traceparent && { traceparent: trace.traceparent }) });
const byUser = (userId: string): Actor => ({ kind: 'user', id: userId });

const wrong = () => new Unauthenticated('The e-mail address or the password is wrong.', 'session.wrong_credentials');
const ended = () => new Unauthenticated('Your sign-in is no longer valid; sign in again.', 'session.ended');
/** Whatever the domain has against it, the answer is the same. */
const asWrong = (error: unknown): never => {
  throw error instanceof Refusal ? wrong() : error;
};
const asEnded = (error: unknown): never => {
  throw error instanceof Refusal ? ended() : error;
};
const paused = (until: Date, at: Date) =>
  new Unauthenticated(`Too many sign-ins failed. Try again in ${Math.max(1, Math.ceil((until.getTime() - at.getTime()) / 60_000))} minutes.`, 'session.too_many_attempts');

const pairOf = async ({ signingKeys, clock }: SessionParts, account: Account, { sessionId, refreshToken }: { sessionId: string; refreshToken: string }): Promise<TokenPair> => ({
  accessToken: await mintAccessToken(signingKeys, { ...account, signedInBy: 'session', credentialId: sessionId }, clock()),
  refreshToken,
  expiresInSeconds: ACCESS_TOKEN_SECONDS,
});

/**
 * The pause is looked at twice: before, to spare the work, and after, because guesses that run side by side would all
 * pass the first look. So a right guess that comes beside too many wrong ones is refused like them.
 */
const authenticate = async ({ users, passwords, limit, audit, clock }: SessionParts, input: SignIn): Promise<Account> => {
  const attempt = { email: normalEmail(input.email), address: input.address };
  const refusePaused = async () => {
    const until = await limit.pausedUntil(attempt, clock());
    if (until) throw paused(until, clock());
  };
  await refusePaused();
  const account = await users.byEmail(attempt.email);
  const isRight = await passwords.isRight(account, input.password);
  if (!account || !isRight) {
    const isPauseNow = await limit.countFailure(attempt, clock());
    const reason = isPauseNow ? 'wrong e-mail address or password, too often: paused' : 'wrong e-mail address or password';
    audit({ action: 'session.login', outcome: 'refused', address: input.address, reason, ...(account && { actor: byUser(account.userId) }) });
    throw wrong();
  }
  await refusePaused();
  await limit.forget(attempt);
  return account;
};

const signIn = (parts: SessionParts): Sessions['signIn'] => async (input, trace) => {
  const { store, users, texts, clock, audit } = parts;
  const account = await authenticate(parts, input);
  const { userId } = account;
  const sessionId = newId();
  const token = newRefreshToken(sessionId);
  const address = await texts.seal(userId, places.address(sessionId), input.address).catch(asWrong);
  const data = { sessionId, userId, address, tokenHash: token.hash, expiresAt: new Date(clock().getTime() + SESSION_DAYS * DAY_MS).toISOString() };
  await store.update(`session-${sessionId}`, sessionDecider, (session) => sessionDecider.decide({ type: 'StartSession', data }, session), contextOf(trace, byUser(userId)));
  // Forgotten between the first look and now: the session that was just started is told to nobody.
  if (!(await users.byId(userId))) throw wrong();
  audit({ action: 'session.login', outcome: 'allowed', address: input.address, actor: byUser(userId) });
  return pairOf(parts, account, { sessionId, refreshToken: token.text });
};

/** Who holds an open session; that never changes. */
const holderOf = async (store: EventStore, stream: string): Promise<string> => {
  const session = fold(sessionDecider, (await store.load(stream)).events as unknown as SessionEvent[]);
  if (session.status !== 'open') throw ended();
  return session.userId;
};

const refresh = (parts: SessionParts): Sessions['refresh'] => async ({ refreshToken, address }, trace) => {
  const { store, users, texts, audit, clock } = parts;
  const held = readRefreshToken(refreshToken);
  if (!held) throw ended();
  const next = newRefreshToken(held.sessionId);
  const stream = `session-${held.sessionId}`;
  const userId = await holderOf(store, stream);
  const sealed = await texts.seal(userId, places.address(held.sessionId), address).catch(asEnded);
  const command = { type: 'RefreshSession', data: { tokenHash: held.hash, newTokenHash: next.hash, address: sealed }, at: clock().toISOString() } as const;
  const { events } = await store.update(stream, sessionDecider, (session) => sessionDecider.decide(command, session), contextOf(trace, { kind: 'service', id: 'auth' })).catch(asEnded);
  if (events.some(({ type }) => type === 'SessionClosed')) {
    audit({ action: 'session.refresh', outcome: 'refused', address, actor: byUser(userId), reason: 'a refresh token was used twice; the session was ended' });
    throw ended();
  }
  const account = await users.byId(userId);
  if (!account) throw ended();
  return pairOf(parts, account, { sessionId: held.sessionId, refreshToken: next.text });
};

const signOut = ({ store }: SessionParts): Sessions['signOut'] => async ({ refreshToken }, trace) => {
  const held = readRefreshToken(refreshToken);
  if (!held) return;
  const command = { type: 'CloseSession', data: { tokenHash: held.hash } } as const;
  await store.update(`session-${held.sessionId}`, sessionDecider, (session) => sessionDecider.decide(command, session), contextOf(trace, { kind: 'service', id: 'auth' }));
};

export const createSessions = (parts: SessionParts): Sessions => ({ signIn: signIn(parts), refresh: refresh(parts), signOut: signOut(parts) });
