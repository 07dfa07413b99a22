/**
 * Signing in once and staying signed in. Each refresh token is good for one exchange. One that comes a second time was
 * copied by somebody: nobody can say who holds the newer one, so the whole family ends. But for a moment after the
 * exchange the same token gets the same answer again, as long as nobody used what was answered: two tabs may ask at once,
 * and an answer may be lost (ADR 0018).
 */
import { Refusal, type Decider } from '@citrus/kit-domain';
import type { PersonalText } from '../subject/personal-text.ts';
import type { DataOf, SessionEvent } from './session.events.ts';

export type EndReason = Exclude<DataOf<'SessionClosed'>['reason'], 'signed-out' | 'token-reused'>;
/** How long after its exchange a token gets the same answer again. */
export const GRACE_MS = 10_000;
const DAY_MS = 86_400_000;
/** From signing in to its end, whatever happens. */
export const SESSION_MS = 30 * DAY_MS;
/** A session that nobody uses is over sooner. */
const IDLE_MS = 7 * DAY_MS;

export type SessionCommand =
  | { readonly type: 'StartSession'; readonly data: DataOf<'SessionStarted'> }
  | { readonly type: 'RefreshSession'; readonly data: { readonly tokenHash: string; readonly newTokenHash: string; readonly address: PersonalText }; readonly at: string }
  | { readonly type: 'CloseSession'; readonly data: { readonly tokenHash: string } }
  /** The person gave a code of the second factor. */
  | { readonly type: 'StrengthenSession' }
  /** Without a token: somebody with the right to do so ends it. */
  | { readonly type: 'EndSession'; readonly data: { readonly reason: EndReason } };

export type OpenSession = { readonly status: 'open'; readonly sessionId: string; readonly userId: string; readonly tokenHash: string; readonly usedHashes: readonly string[]; readonly expiresAt: string; /** Undefined before the first refresh. */ readonly refreshedAt?: string; /** Undefined: none was shown, or an older release did not write it down. */ readonly secondFactor?: 'totp' | 'provider' };
export type Session = { readonly status: 'none' } | OpenSession | { readonly status: 'closed' };

/** The token before the current one, and a moment ago: whoever asks gets what was answered then. */
const isAskedAgain = (tokenHash: string, at: string, { usedHashes, refreshedAt, expiresAt }: OpenSession): boolean =>
  refreshedAt !== undefined && usedHashes.at(-1) === tokenHash && at < expiresAt && Math.abs(Date.parse(at) - Date.parse(refreshedAt)) < GRACE_MS;

/** Older releases did not write down when a session was used: of such a use nothing is held against it. */
const isIdle = (at: string, { usedHashes, refreshedAt, expiresAt }: OpenSession): boolean => {
  const usedAtMs = refreshedAt === undefined ? Date.parse(expiresAt) - SESSION_MS : Date.parse(refreshedAt);
  return (refreshedAt !== undefined || usedHashes.length === 0) && Date.parse(at) - usedAtMs >= IDLE_MS;
};

const refresh = ({ data, at }: Extract<SessionCommand, { type: 'RefreshSession' }>, session: OpenSession): SessionEvent[] => {
  const { sessionId } = session;
  if (isAskedAgain(data.tokenHash, at, session)) return [];
  if (session.usedHashes.includes(data.tokenHash)) return [{ type: 'SessionClosed', data: { sessionId, reason: 'token-reused' } }];
  if (session.tokenHash !== data.tokenHash) throw new Refusal('session.unknown_token', 'This session never had such a token.');
  if (at >= session.expiresAt) throw new Refusal('session.expired', 'The session is over.');
  if (isIdle(at, session)) throw new Refusal('session.expired', 'The session was not used for a week and is over.');
  return [{ type: 'SessionRefreshed', data: { sessionId, address: data.address, tokenHash: data.newTokenHash, at } }];
};

/** Every token of the family may end it: signing out with a stale one must not leave the newer ones good. */
const belongsTo = (session: OpenSession, tokenHash: string) => session.tokenHash === tokenHash || session.usedHashes.includes(tokenHash);

const decide = (command: SessionCommand, session: Session): SessionEvent[] => {
  switch (command.type) {
    case 'StartSession':
      if (session.status !== 'none') throw new Refusal('session.started', 'This session was started before.');
      return [{ type: 'SessionStarted', data: command.data }];
    case 'RefreshSession':
      if (session.status !== 'open') throw new Refusal(`session.${session.status === 'none' ? 'unknown' : 'closed'}`, 'There is no such open session.');
      return refresh(command, session);
    case 'CloseSession':
      if (session.status !== 'open' || !belongsTo(session, command.data.tokenHash)) return [];
      return [{ type: 'SessionClosed', data: { sessionId: session.sessionId, reason: 'signed-out' } }];
    case 'StrengthenSession':
      if (session.status !== 'open') throw new Refusal('session.closed', 'There is no such open session.');
      return session.secondFactor === 'totp' ? [] : [{ type: 'SessionStrengthened', data: { sessionId: session.sessionId } }];
    case 'EndSession':
      return session.status === 'open' ? [{ type: 'SessionClosed', data: { sessionId: session.sessionId, reason: command.data.reason } }] : [];
  }
};

const evolve = (session: Session, event: SessionEvent): Session => {
  switch (event.type) {
    case 'SessionStarted': {
      const { sessionId, userId, tokenHash, expiresAt, secondFactor } = event.data;
      return { status: 'open', sessionId, userId, tokenHash, expiresAt, usedHashes: [], ...(secondFactor && { secondFactor }) };
    }
    case 'SessionRefreshed':
      return session.status === 'open' ? { ...session, tokenHash: event.data.tokenHash, usedHashes: [...session.usedHashes, session.tokenHash], ...(event.data.at !== undefined && { refreshedAt: event.data.at }) } : session;
    case 'SessionStrengthened':
      return session.status === 'open' ? { ...session, secondFactor: 'totp' } : session;
    case 'SessionClosed':
      return { status: 'closed' };
  }
};

export const sessionDecider: Decider<Session, SessionCommand, SessionEvent> = {
  initialState: { status: 'none' },
  decide,
  evolve,
  // A browser that stays open refreshes every few minutes, for a month.
  snapshot: { name: 'session', version: 3, every: 50 },
};
