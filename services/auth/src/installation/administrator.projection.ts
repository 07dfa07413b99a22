/** Who runs the installation. */
import { defineFold } from '@citrus/kit-event-store';
import type { InstallationEvent } from './installation.events.ts';

type Row = { user_id: string; granted_at: string };
type Fact = Extract<InstallationEvent, { type: 'AdministratorGranted' | 'AdministratorRevoked' }>;

export const administratorsProjection = defineFold<Row>({
  name: 'administrators',
  version: 1,
  table: 'administrators',
  key: ['user_id'],
  handles: ['AdministratorGranted', 'AdministratorRevoked'] satisfies Fact['type'][],
  keyOf: ({ data }) => [String(data['userId'])],
  evolve: (row, envelope) => {
    const { type, data } = envelope as unknown as Fact;
    switch (type) {
      case 'AdministratorGranted':
        return row ?? { user_id: data.userId, granted_at: envelope.at };
      case 'AdministratorRevoked':
        return undefined;
    }
  },
});
