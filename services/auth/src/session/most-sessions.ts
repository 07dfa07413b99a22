/**
 * How many sessions one person has at once: whoever knows a password must not fill the log with open ones, and nobody
 * finds a stranger's among thousands. The ones that were not used for longest make room.
 */
import type { Clock } from '@citrus/kit-domain';
import type { EventStore } from '@citrus/kit-event-store';
import type { Kysely } from 'kysely';
import { byAuth, contextOf, type Trace } from '../command-context.ts';
import type { AuthDatabase } from '../database.ts';
import { sessionDecider } from './session.decider.ts';

export const MOST_SESSIONS = 100;

export type EndOldest = (userId: string, trace: Trace) => Promise<void>;
type Parts = { readonly db: Kysely<AuthDatabase>; readonly store: EventStore; readonly clock: Clock; readonly most?: number };

/** Of those that the read model knows: one that follows it closely never has many more. */
export const createEndOldest = ({ db, store, clock, most = MOST_SESSIONS }: Parts): EndOldest => async (userId, trace) => {
  const rows = await db.selectFrom('sessions').select('session_id').where('user_id', '=', userId).where('closed_at', 'is', null).where('expires_at', '>', clock())
    .orderBy('refreshed_at', 'desc').orderBy('session_id', 'desc').offset(most).limit(100).execute();
  for (const { session_id: sessionId } of rows) {
    await store.update(`session-${sessionId}`, sessionDecider, (session) => sessionDecider.decide({ type: 'EndSession', data: { reason: 'too-many' } }, session), contextOf(trace, byAuth));
  }
};
