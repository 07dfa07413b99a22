/**
 * What follows from `SubjectErased`: the key is destroyed, and no session of the person stays open. Neither waits for the
 * other, so that nothing in the log can hold up the destruction. Every replica does it, at every start and every minute
 * again, so each part may be done many times.
 */
import { newId, type EventStore, type SubjectKeys } from '@citrus/kit-event-store';
import { sql, type Kysely } from 'kysely';
import type { AuthDatabase } from '../database.ts';
import { sessionDecider } from '../session/session.decider.ts';
import { userOf } from '../subject/personal-text.ts';

export type Forget = (subjectIds: readonly string[]) => Promise<void>;

type Parts = { readonly store: EventStore; readonly db: Kysely<AuthDatabase>; readonly keys: SubjectKeys };

const closeSessions = async ({ store, db }: Parts, userIds: readonly string[]): Promise<void> => {
  const open = await db.selectFrom('sessions').select('session_id').where('user_id', '=', sql<string>`any(${userIds}::uuid[])`).where('closed_at', 'is', null).orderBy('session_id').execute();
  for (const { session_id: sessionId } of open) {
    const context = { commandId: newId(), actor: { kind: 'service', id: 'auth' }, correlationId: `erase-session-${sessionId}` } as const;
    await store.update(`session-${sessionId}`, sessionDecider, (session) => sessionDecider.decide({ type: 'EndSession', data: { reason: 'erased' } }, session), context);
  }
};

/** @throws the first thing that went wrong, after both parts had their chance */
export const createForget = (parts: Parts): Forget => async (subjectIds) => {
  const outcomes = await Promise.allSettled([parts.keys.erase(subjectIds), closeSessions(parts, subjectIds.map(userOf))]);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
};
