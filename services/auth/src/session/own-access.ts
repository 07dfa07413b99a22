/**
 * What people do about their own ways in while they are signed in: see and end their sessions, change the password. A
 * session that was left open must not be enough to take the account over, so passwords and codes are asked for, and what
 * is tried wrong counts like a failed sign-in from there.
 */
import type { Caller, SignedInSession } from '@citrus/contracts';
import { Forbidden, NotFound, Refusal, Unauthenticated, Unavailable, type Clock } from '@citrus/kit-domain';
import { StreamChanged, type EventStore, type Projections, type StreamAppend } from '@citrus/kit-event-store';
import type { Kysely } from 'kysely';
import { byUser, contextOf, type Trace } from '../command-context.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthDatabase } from '../database.ts';
import { places, type PersonalTexts } from '../subject/personal-text.ts';
import type { Passwords } from '../user/password.ts';
import { userDecider } from '../user/user.decider.ts';
import type { Account, Users } from '../user/users.store.ts';
import { caughtUp } from './caught-up.ts';
import { sessionDecider, type EndReason } from './session.decider.ts';
import { tooMany } from './sign-in.ts';
import type { SignInLimit } from './sign-in-limit.store.ts';

export type From = { readonly address: string; readonly device?: string | undefined };
export type OwnAccess = {
  list(caller: Caller): Promise<SignedInSession[]>;
  /** @throws NotFound for a session that is not the caller's, Forbidden for another one than that of the caller by who signed in too long ago */
  end(caller: Caller, sessionId: string, trace: Trace): Promise<void>;
  /** @throws Forbidden by who signed in too long ago */
  endAll(caller: Caller, trace: Trace): Promise<number>;
  /** Somebody else's, by an administrator. @throws NotFound for nobody */
  endAllOf(caller: Caller, userId: string, trace: Trace, reason?: EndReason): Promise<number>;
  /** The caller's session has shown the second factor. */
  strengthen(caller: Caller, trace: Trace): Promise<void>;
  changePassword(caller: Caller, change: { readonly currentPassword: string; readonly newPassword: string } & From, trace: Trace): Promise<number>;
  /** Counts the work as a try to sign in, unless it succeeds; those that failed before go on to count. @throws Unauthenticated when there were too many */
  guarded<T>(caller: Caller, from: From, work: () => Promise<T>): Promise<T>;
  /** For what gives somebody another way in. @throws Forbidden `session.not_recent`: the person signed in too long ago */
  requireRecent(caller: Caller): Promise<void>;
  /** @throws Refusal `session.wrong_password` */
  requirePassword(caller: Caller, password: string): Promise<Account>;
};

type Parts = {
  readonly db: Kysely<AuthDatabase>;
  readonly store: EventStore;
  readonly projections: Pick<Projections, 'status' | 'reached'>;
  readonly users: Users;
  readonly texts: PersonalTexts;
  readonly passwords: Passwords;
  readonly limit: SignInLimit;
  readonly audit: Audit;
  readonly clock: Clock;
};

const ENDED_AT_ONCE = 200;
const RECENT_MINUTES = 15;

const openRows = ({ db, clock }: Parts, userId: string) =>
  db.selectFrom('sessions').selectAll().where('user_id', '=', userId).where('closed_at', 'is', null).where('expires_at', '>', clock()).orderBy('started_at', 'desc').execute();

const list = async (parts: Parts, caller: Caller): Promise<SignedInSession[]> => {
  const rows = await openRows(parts, caller.userId);
  return Promise.all(rows.map(async (row) => ({
    id: row.session_id,
    address: row.sealed_address === null ? null : ((await parts.texts.open(caller.userId, places.address(row.session_id), { sealed: row.sealed_address })) ?? null),
    startedAt: row.started_at.toISOString(),
    lastUsedAt: row.refreshed_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    isCurrent: row.session_id === caller.credentialId,
  })));
};

const endOne = ({ store }: Parts, ending: { readonly caller: Caller; readonly sessionId: string; readonly reason: EndReason }, trace: Trace) =>
  store.update(`session-${ending.sessionId}`, sessionDecider, (session) => sessionDecider.decide({ type: 'EndSession', data: { reason: ending.reason } }, session), contextOf(trace, byUser(ending.caller.userId)));

/**
 * In one commit: whoever knew the password may have opened hundreds, and none of them is to be of use while the others
 * end. Where one of them is refreshed meanwhile, one by one: nobody can hold up the end of all by refreshing one of them.
 */
const endTogether = async (parts: Parts, { sessionIds, ...ending }: { readonly caller: Caller; readonly sessionIds: readonly string[]; readonly reason: EndReason }, trace: Trace): Promise<void> => {
  const { store } = parts;
  const context = () => contextOf(trace, byUser(ending.caller.userId));
  const appends: StreamAppend[] = [];
  for (const sessionId of sessionIds) {
    const stream = `session-${sessionId}`;
    const { state, version } = await store.update(stream, sessionDecider, () => [], context());
    const events = sessionDecider.decide({ type: 'EndSession', data: { reason: ending.reason } }, state);
    if (events.length > 0) appends.push({ stream, expected: version, events });
  }
  try {
    if (appends.length > 0) await store.appendAll(appends, context());
  } catch (error) {
    if (!(error instanceof StreamChanged)) throw error;
    for (const sessionId of sessionIds) await endOne(parts, { ...ending, sessionId }, trace);
  }
};

/** All that were started before this call, however far the read model is. */
const endMany = async (parts: Parts, ending: { readonly caller: Caller; readonly userId: string; readonly reason: EndReason; readonly except?: string }, trace: Trace): Promise<number> => {
  const { position, head } = await caughtUp(parts, ['sessions']);
  if (position < head) throw new Unavailable('Not all of these sessions are known here yet, so not all could be ended. Try again in a moment.');
  const rows = (await openRows(parts, ending.userId)).filter((row) => row.session_id !== ending.except);
  for (let from = 0; from < rows.length; from += ENDED_AT_ONCE) await endTogether(parts, { ...ending, sessionIds: rows.slice(from, from + ENDED_AT_ONCE).map((row) => row.session_id) }, trace);
  return rows.length;
};

/** A session that is not in the read model yet has just been started. */
const requireRecent = async ({ db, clock }: Parts, { credentialId }: Caller): Promise<void> => {
  const session = await db.selectFrom('sessions').select('started_at').where('session_id', '=', credentialId).executeTakeFirst();
  if (!session || clock().getTime() - session.started_at.getTime() < RECENT_MINUTES * 60_000) return;
  throw new Forbidden(`You signed in more than ${RECENT_MINUTES} minutes ago, and a browser that was left open must not be enough for this. Sign out, sign in again, and repeat it.`, 'session.not_recent');
};

const requirePassword = async ({ users, passwords }: Parts, caller: Caller, password: string): Promise<Account> => {
  const account = await users.byId(caller.userId);
  if (!account) throw new Unauthenticated('Your sign-in is no longer valid; sign in again.', 'session.ended');
  if (!(await passwords.isRight(account, password))) throw new Refusal('session.wrong_password', 'The current password is wrong.', [{ path: 'password', message: 'is not your current password' }]);
  return account;
};

const guarded = async <T>({ limit, audit, clock }: Parts, { caller, from }: { caller: Caller; from: From }, work: () => Promise<T>): Promise<T> => {
  const tried = await limit.begin({ email: caller.email ?? caller.userId, ...from }, clock);
  if (tried instanceof Date) throw tooMany(tried, clock());
  try {
    const done = await work();
    // It forgives nothing: whoever knows one of password and code would begin to guess at the other one anew.
    await limit.takeBack(tried);
    return done;
  } catch (error) {
    const isWrong = error instanceof Refusal && (error.code === 'session.wrong_password' || error.code === 'second_factor.wrong_code');
    if (isWrong) {
      limit.failed(tried);
      audit({ action: 'session.confirm', outcome: 'refused', address: from.address, actor: byUser(caller.userId), reason: error.code });
    } else await limit.takeBack(tried);
    throw error;
  }
};

const changePassword = (parts: Parts): OwnAccess['changePassword'] => async (caller, { currentPassword, newPassword, ...from }, trace) => {
  const { store, texts, passwords } = parts;
  const { userId } = caller;
  await passwords.check(newPassword, caller, 'newPassword');
  await guarded(parts, { caller, from }, () => requirePassword(parts, caller, currentPassword));
  const password = await texts.seal(userId, places.password(userId), await passwords.seal(userId, newPassword));
  await store.update(`user-${userId}`, userDecider, (user) => userDecider.decide({ type: 'ChangePassword', data: { userId, password } }, user), contextOf(trace, byUser(userId)));
  return endMany(parts, { caller, userId, reason: 'password-changed', except: caller.credentialId }, trace);
};

export const createOwnAccess = (parts: Parts): OwnAccess => ({
  list: (caller) => list(parts, caller),
  end: async (caller, sessionId, trace) => {
    const row = await parts.db.selectFrom('sessions').select('user_id').where('session_id', '=', sessionId).executeTakeFirst();
    if (row?.user_id !== caller.userId) throw new NotFound('session.unknown', 'You have no such session.');
    // One's own ends like signing out. Others only by who has shown anew who he is, as ASVS 7.5.2 asks.
    if (sessionId !== caller.credentialId) await requireRecent(parts, caller);
    await endOne(parts, { caller, sessionId, reason: 'ended' }, trace);
  },
  endAll: async (caller, trace) => {
    await requireRecent(parts, caller);
    return endMany(parts, { caller, userId: caller.userId, reason: 'signed-out-everywhere' }, trace);
  },
  endAllOf: async (caller, userId, trace, reason = 'ended') => {
    if (!(await parts.users.byId(userId))) throw new NotFound('user.unknown', 'There is no such person.');
    return endMany(parts, { caller, userId, reason }, trace);
  },
  strengthen: async (caller, trace) => {
    await parts.store.update(`session-${caller.credentialId}`, sessionDecider, (session) => sessionDecider.decide({ type: 'StrengthenSession' }, session), contextOf(trace, byUser(caller.userId)));
  },
  changePassword: changePassword(parts),
  guarded: (caller, from, work) => guarded(parts, { caller, from }, work),
  requireRecent: (caller) => requireRecent(parts, caller),
  requirePassword: async (caller, password) => {
    if (caller.email === null) throw new Forbidden('A service account has no password.');
    return requirePassword(parts, caller, password);
  },
});
