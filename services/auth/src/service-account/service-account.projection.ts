/** The service accounts that there are now. */
import type { Role } from '@citrus/contracts';
import { defineFold } from '@citrus/kit-event-store';
import type { ServiceAccountEvent } from './service-account.events.ts';

type Row = { user_id: string; project_id: string; name: string; role: Role; created_at: string };

export const serviceAccountsProjection = defineFold<Row>({
  name: 'service_accounts',
  version: 1,
  table: 'service_accounts',
  key: ['user_id'],
  handles: ['ServiceAccountCreated', 'ServiceAccountRemoved'] satisfies ServiceAccountEvent['type'][],
  keyOf: ({ data }) => [String(data['userId'])],
  evolve: (_row, envelope) => {
    const { type, data } = envelope as unknown as ServiceAccountEvent;
    switch (type) {
      case 'ServiceAccountCreated':
        return { user_id: data.userId, project_id: data.projectId, name: data.name, role: data.role, created_at: envelope.at };
      case 'ServiceAccountRemoved':
        return undefined;
    }
  },
});
