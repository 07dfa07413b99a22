/** Who is signed in since when and from where (sealed; what older events say in clear is left out). Sign-in and refresh do not read it: they load the stream. */
import { defineFold } from '@citrus/kit-event-store';
import type { PersonalText } from '../subject/personal-text.ts';
import type { SessionEvent } from './session.events.ts';

/** `SessionStrengthened` changes nothing that is listed. */
type Fact = Exclude<SessionEvent, { type: 'SessionStrengthened' }>;
type Row = {
  session_id: string; user_id: string; sealed_address: string | null; started_at: string; refreshed_at: string; expires_at: string;
  closed_at: string | null; close_reason: string | null;
};

const sealedOnly = (text: PersonalText): string | null => ('sealed' in text ? text.sealed : null);

export const sessionsProjection = defineFold<Row>({
  name: 'sessions',
  version: 2,
  table: 'sessions',
  key: ['session_id'],
  handles: ['SessionStarted', 'SessionRefreshed', 'SessionClosed'] satisfies Fact['type'][],
  keyOf: ({ data }) => [String(data['sessionId'])],
  evolve: (row, envelope) => {
    const { type, data } = envelope as unknown as Fact;
    const { at } = envelope;
    switch (type) {
      case 'SessionStarted':
        return { session_id: data.sessionId, user_id: data.userId, sealed_address: sealedOnly(data.address), started_at: at, refreshed_at: at, expires_at: data.expiresAt, closed_at: null, close_reason: null };
      case 'SessionRefreshed':
        return row && { ...row, sealed_address: sealedOnly(data.address), refreshed_at: at };
      case 'SessionClosed':
        return row && { ...row, closed_at: at, close_reason: data.reason };
    }
  },
});
