/** Which API tokens there are. When one was last used stands in `api_token_uses`, which is no fold. */
import type { Membership } from '@citrus/contracts';
import { defineFold } from '@citrus/kit-event-store';
import type { PersonalText } from '../subject/personal-text.ts';
import type { ApiTokenEvent } from './api-token.events.ts';

type Row = {
  token_id: string; user_id: string; name: PersonalText; secret_hash: string; scopes: { items: Membership[] }; created_at: string; expires_at: string;
  ended_at: string | null; end_reason: string | null;
};

export const apiTokensProjection = defineFold<Row>({
  name: 'api_tokens',
  version: 1,
  table: 'api_tokens',
  key: ['token_id'],
  handles: ['ApiTokenCreated', 'ApiTokenEnded'] satisfies ApiTokenEvent['type'][],
  keyOf: ({ data }) => [String(data['tokenId'])],
  evolve: (row, envelope) => {
    const { type, data } = envelope as unknown as ApiTokenEvent;
    const { at } = envelope;
    switch (type) {
      case 'ApiTokenCreated':
        return {
          token_id: data.tokenId, user_id: data.userId, name: data.name, secret_hash: data.secretHash, scopes: { items: data.scopes },
          created_at: at, expires_at: data.expiresAt, ended_at: null, end_reason: null,
        };
      case 'ApiTokenEnded':
        return row && { ...row, ended_at: at, end_reason: data.reason };
    }
  },
});
