/** Who is signed in since when and from where. Sign-in and refresh do not read it: they load the stream. */
import { defineFold } from '@citrus/kit-event-store';
import type { SessionEvent } from './session.events.ts';

type Row = {
  session_id: string; user_id: string; address: string; started_at: string; refreshed_at: string; expires_at: string;
  closed_at: string | null; close_reason: string | null;
};

export const sessionsProjection = defineFold<Row>({
  name: 'sessions',
  version: 1,
  table: 'sessions',
  key: ['session_id'],
  handles: ['SessionStarted', 'SessionRefreshed', 'SessionClosed'] satisfies SessionEvent['type'][],
  keyOf: ({ data }) => [String(data['sessionId'])],
  evolve: (row, envelope) => {
    const { type, data } = envelope as unknown as SessionEvent;
    const { at } = envelope;
    switch (type) {
      case 'SessionStarted':
        return { session_id: data.sessionId, user_id: data.userId, address: data.address, started_at: at, refreshed_at: at, expires_at: data.expiresAt, closed_at: null, close_reason: null };
      case 'SessionRefreshed':
        return row && { ...row, address: data.address, refreshed_at: at };
      case 'SessionClosed':
        return row && { ...row, closed_at: at, close_reason: data.reason };
    }
  },
});
