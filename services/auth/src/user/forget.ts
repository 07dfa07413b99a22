/**
 * What follows from `SubjectErased`, in this order: no session of the person stays open, and then the key is destroyed.
 * Every replica does it, at every start and every minute again, so each part may be done many times.
 */
import { newId, type EventStore, type SubjectKeys } from '@citrus/kit-event-store';
import type { Kysely } from 'kysely';
import type { AuthDatabase } from '../database.ts';
import { sessionDecider } from '../session/session.decider.ts';
import { userOf } from '../subject/personal-text.ts';

export type Forget = (subjectIds: readonly string[]) => Promise<void>;

export const createForget = ({ store, db, keys }: { readonly store: EventStore; readonly db: Kysely<AuthDatabase>; readonly keys: SubjectKeys }): Forget => async (subjectIds) => {
  const open = await db.selectFrom('sessions').select('session_id').where('user_id', 'in', subjectIds.map(userOf)).where('closed_at', 'is', null).orderBy('session_id').execute();
  for (const { session_id: sessionId } of open) {
    const context = { commandId: newId(), actor: { kind: 'service', id: 'auth' }, correlationId: `erase-session-${sessionId}` } as const;
    await store.update(`session-${sessionId}`, sessionDecider, (session) => sessionDecider.decide({ type: 'EraseSession' }, session), context);
  }
  await keys.erase(subjectIds);
};
