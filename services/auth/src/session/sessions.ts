/** Signing in, staying signed in, signing out. */
import type { SignIn, TokenPair } from '@citrus/contracts';
import { fold, Refusal, Unauthenticated, type Clock } from '@citrus/kit-domain';
import type { MasterKeys } from '@citrus/kit-crypto';
import { newId, type AppendContext, type EventStore } from '@citrus/kit-event-store';
import { byAuth, byUser, contextOf, type Trace } from '../command-context.ts';
import type { Audit } from '../audit/audit.ts';
import type { FactorPolicy } from '../second-factor/factor-policy.ts';
import { places, type PersonalTexts } from '../subject/personal-text.ts';
import type { Account } from '../user/users.store.ts';
import { ACCESS_TOKEN_SECONDS, mintAccessToken } from './access-token.ts';
import type { Holders, Known } from './holders.ts';
import { newRefreshToken, readRefreshToken, successorsOf } from './refresh-token.ts';
import type { EndOldest } from './most-sessions.ts';
import { SESSION_MS, sessionDecider, type Session, type SessionCommand } from './session.decider.ts';
import type { SessionEvent } from './session.events.ts';
import { authenticate, wrongCredentials, type SignInParts } from './sign-in.ts';
import type { SigningKeys } from './signing-keys.store.ts';

export type SessionParts = {
  readonly store: EventStore;
  readonly holders: Holders;
  readonly signIn: SignInParts;
  readonly texts: PersonalTexts;
  readonly signingKeys: SigningKeys;
  readonly masterKeys: MasterKeys;
  readonly policy: Pick<FactorPolicy, 'isDue'>;
  readonly endOldest: EndOldest;
  readonly audit: Audit;
  readonly clock: Clock;
};

export type Sessions = {
  signIn(input: SignIn, trace: Trace): Promise<TokenPair>;
  /** For somebody who was found out to be this by other means than a password. */
  start(who: { readonly account: Account; readonly address: string; readonly secondFactor?: 'totp' | 'provider' }, trace: Trace): Promise<TokenPair>;
  refresh(input: { refreshToken: string; address: string }, trace: Trace): Promise<TokenPair>;
  signOut(input: { refreshToken: string }, trace: Trace): Promise<void>;
};


const ended = () => new Unauthenticated('Your sign-in is no longer valid; sign in again.', 'session.ended');
/** Whatever the domain has against it, the answer is the same. */
const asWrong = (error: unknown): never => {
  throw error instanceof Refusal ? wrongCredentials() : error;
};
const asEnded = (error: unknown): never => {
  throw error instanceof Refusal ? ended() : error;
};

const carryOut = ({ store }: SessionParts, { sessionId, command }: { readonly sessionId: string; readonly command: SessionCommand }, context: AppendContext) =>
  store.update(`session-${sessionId}`, sessionDecider, (session) => sessionDecider.decide(command, session), context);

type Pairing = { readonly session: Session; readonly sessionId: string; readonly refreshToken: string };

const pairOf = async ({ signingKeys, policy, clock }: SessionParts, { who, position }: Known<Account>, { session, sessionId, refreshToken }: Pairing): Promise<TokenPair> => {
  const isFactorDue = session.status === 'open' && (await policy.isDue(session));
  const caller = { ...who, signedInBy: 'session', credentialId: sessionId, isFactorDue } as const;
  return { accessToken: await mintAccessToken(signingKeys, { caller, position, at: clock() }), refreshToken, expiresInSeconds: ACCESS_TOKEN_SECONDS };
};

const start = (parts: SessionParts): Sessions['start'] => async ({ account, address, secondFactor }, trace) => {
  const { texts, clock, audit, endOldest } = parts;
  const { userId } = account;
  const sessionId = newId();
  const token = newRefreshToken(sessionId);
  const sealed = await texts.seal(userId, places.address(sessionId), address).catch(asWrong);
  const data = { sessionId, userId, address: sealed, tokenHash: token.hash, expiresAt: new Date(clock().getTime() + SESSION_MS).toISOString(), ...(secondFactor && { secondFactor }) };
  const { state: session } = await carryOut(parts, { sessionId, command: { type: 'StartSession', data } }, contextOf(trace, byUser(userId)));
  // Forgotten, or given another password, between the first look and now: who ended all sessions did not see this one.
  const known = await parts.holders.person(userId);
  if (known?.who.sealedPassword !== account.sealedPassword) {
    await carryOut(parts, { sessionId, command: { type: 'EndSession', data: { reason: known ? 'password-changed' : 'erased' } } }, contextOf(trace, byAuth));
    throw wrongCredentials();
  }
  audit({ action: 'session.login', outcome: 'allowed', address, actor: byUser(userId) });
  await endOldest(userId, trace);
  return pairOf(parts, known, { session, sessionId, refreshToken: token.text });
};

const signIn = (parts: SessionParts): Sessions['signIn'] => async (input, trace) =>
  start(parts)({ ...(await authenticate(parts.signIn, input, trace)), address: input.address }, trace);

/** Who holds an open session; that never changes. */
const holderOf = async (store: EventStore, stream: string): Promise<string> => {
  const session = fold(sessionDecider, (await store.load(stream)).events as unknown as SessionEvent[]);
  if (session.status !== 'open') throw ended();
  return session.userId;
};

const refresh = (parts: SessionParts): Sessions['refresh'] => async ({ refreshToken, address }, trace) => {
  const { store, holders, texts, audit, clock, masterKeys } = parts;
  const held = readRefreshToken(refreshToken);
  if (!held) throw ended();
  const { sessionId } = held;
  const successors = successorsOf(held, masterKeys);
  const userId = await holderOf(store, `session-${sessionId}`);
  const sealed = await texts.seal(userId, places.address(sessionId), address).catch(asEnded);
  const command = { type: 'RefreshSession', data: { tokenHash: held.hash, newTokenHash: successors[0]?.hash ?? '', address: sealed }, at: clock().toISOString() } as const;
  const { state, events } = await carryOut(parts, { sessionId, command }, contextOf(trace, byAuth)).catch(asEnded);
  if (events.some(({ type }) => type === 'SessionClosed')) {
    audit({ action: 'session.refresh', outcome: 'refused', address, actor: byUser(userId), reason: 'a refresh token was used twice; the session was ended' });
    throw ended();
  }
  // The successor is the same for everybody who comes with this token: whether it was made now or a moment ago.
  const next = state.status === 'open' ? successors.find(({ hash }) => hash === state.tokenHash) : undefined;
  const known = await holders.person(userId);
  if (!next || !known) throw ended();
  return pairOf(parts, known, { session: state, sessionId, refreshToken: next.text });
};

const signOut = (parts: SessionParts): Sessions['signOut'] => async ({ refreshToken }, trace) => {
  const held = readRefreshToken(refreshToken);
  if (held) await carryOut(parts, { sessionId: held.sessionId, command: { type: 'CloseSession', data: { tokenHash: held.hash } } }, contextOf(trace, byAuth));
};

export const createSessions = (parts: SessionParts): Sessions => ({ signIn: signIn(parts), start: start(parts), refresh: refresh(parts), signOut: signOut(parts) });
