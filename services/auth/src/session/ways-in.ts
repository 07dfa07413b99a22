/**
 * Ending every way into an account but the one that somebody just came by: sessions, API tokens and, where somebody else
 * may have set it up, the second factor.
 * What is known to be open ends in the caller's own commit, beside the new password. Who came with the old password in
 * that moment is found right after it: a session that starts looks at the password again once it stands in the log.
 */
import { Unavailable } from '@citrus/kit-domain';
import type { EventStore, Projections, StreamAppend } from '@citrus/kit-event-store';
import type { Kysely } from 'kysely';
import { byAuth, contextOf, type Trace } from '../command-context.ts';
import { apiTokenDecider } from '../api-token/api-token.decider.ts';
import { loadState } from '../append-together.ts';
import type { AuthDatabase } from '../database.ts';
import { secondFactorDecider, type SecondFactorState } from '../second-factor/second-factor.decider.ts';
import type { SecondFactorEvent } from '../second-factor/second-factor.events.ts';
import { caughtUp } from './caught-up.ts';
import { sessionDecider } from './session.decider.ts';

export type WhyAllEnd = 'recovered' | 'provider-linked';
type OfFactor = (state: SecondFactorState) => SecondFactorEvent[];
export type WaysIn = {
  /** For the commit that gives the account another password. `proven` says what else happens to the second factor in it. */
  ending(userId: string, reason: WhyAllEnd, proven?: OfFactor): Promise<StreamAppend[]>;
  /** What began while that was committed. May be done again. */
  endRest(userId: string, reason: WhyAllEnd, trace: Trace): Promise<void>;
};
type Parts = { readonly db: Kysely<AuthDatabase>; readonly store: EventStore; readonly projections: Pick<Projections, 'status'> };

/** Whatever was open when this was called. @throws Unavailable while that is not known */
const openOf = async ({ db, store, projections }: Parts, userId: string): Promise<{ sessions: string[]; tokens: string[] }> => {
  const { position, head } = await caughtUp({ store, projections }, ['sessions', 'api_tokens']);
  if (position < head) throw new Unavailable('Not all that is signed in to this account is known here yet, so not all could be ended. Try again in a moment.');
  const sessions = await db.selectFrom('sessions').select('session_id').where('user_id', '=', userId).where('closed_at', 'is', null).orderBy('session_id').execute();
  const tokens = await db.selectFrom('api_tokens').select('token_id').where('user_id', '=', userId).where('ended_at', 'is', null).orderBy('token_id').execute();
  return { sessions: sessions.map((row) => row.session_id), tokens: tokens.map((row) => row.token_id) };
};

const ending = async (parts: Parts, { userId, reason, proven }: { userId: string; reason: WhyAllEnd; proven: OfFactor }): Promise<StreamAppend[]> => {
  const { store } = parts;
  const { sessions, tokens } = await openOf(parts, userId);
  const factor = await loadState(store, `secondfactor-${userId}`, secondFactorDecider);
  // A link of an administrator is no way past a second factor. What somebody else may have prepared is another matter.
  const drop = { type: reason === 'recovered' ? 'DropBegun' : 'DropTotp' } as const;
  const appends: StreamAppend[] = [{ stream: `secondfactor-${userId}`, expected: factor.version, events: [...proven(factor.state), ...secondFactorDecider.decide(drop, factor.state)] }];
  for (const sessionId of sessions) {
    const { state, version } = await loadState(store, `session-${sessionId}`, sessionDecider);
    appends.push({ stream: `session-${sessionId}`, expected: version, events: sessionDecider.decide({ type: 'EndSession', data: { reason } }, state) });
  }
  for (const tokenId of tokens) {
    const { state, version } = await loadState(store, `apitoken-${tokenId}`, apiTokenDecider);
    appends.push({ stream: `apitoken-${tokenId}`, expected: version, events: apiTokenDecider.decide({ type: 'EndApiToken', data: { reason } }, state) });
  }
  return appends;
};

export const createWaysIn = (parts: Parts): WaysIn => ({
  ending: (userId, reason, proven = () => []) => ending(parts, { userId, reason, proven }),
  endRest: async (userId, reason, trace) => {
    const { store } = parts;
    const { sessions, tokens } = await openOf(parts, userId);
    for (const sessionId of sessions) await store.update(`session-${sessionId}`, sessionDecider, (session) => sessionDecider.decide({ type: 'EndSession', data: { reason } }, session), contextOf(trace, byAuth));
    for (const tokenId of tokens) await store.update(`apitoken-${tokenId}`, apiTokenDecider, (token) => apiTokenDecider.decide({ type: 'EndApiToken', data: { reason } }, token), contextOf(trace, byAuth));
  },
});
