/** Who is signed in since when and from where. Sign-in and refresh do not read it: they load the stream. */
import type { EventEnvelope } from '@citrus/contracts';
import { defineProjection } from '@citrus/kit-event-store';
import type { Transaction } from 'kysely';
import type { AuthDatabase } from '../database.ts';
import type { SessionEvent } from './session.events.ts';

const apply = async (trx: Transaction<AuthDatabase>, envelope: EventEnvelope): Promise<void> => {
  const event = envelope as unknown as SessionEvent;
  const { at } = envelope;
  switch (event.type) {
    case 'SessionStarted': {
      const { sessionId, userId, address, expiresAt } = event.data;
      await trx.insertInto('sessions').values({ session_id: sessionId, user_id: userId, address, started_at: at, refreshed_at: at, expires_at: expiresAt, closed_at: null, close_reason: null }).execute();
      return;
    }
    case 'SessionRefreshed':
      await trx.updateTable('sessions').set({ address: event.data.address, refreshed_at: at }).where('session_id', '=', event.data.sessionId).execute();
      return;
    case 'SessionClosed':
      await trx.updateTable('sessions').set({ closed_at: at, close_reason: event.data.reason }).where('session_id', '=', event.data.sessionId).execute();
  }
};

export const sessionsProjection = defineProjection<AuthDatabase>({ name: 'sessions', version: 1, tables: ['sessions'], handles: ['SessionStarted', 'SessionRefreshed', 'SessionClosed'], apply });
