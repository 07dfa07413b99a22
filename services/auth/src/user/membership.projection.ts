/** Who has which role in which project. */
import type { Role } from '@citrus/contracts';
import { defineFold } from '@citrus/kit-event-store';
import type { UserEvent } from './user.events.ts';

type Row = { user_id: string; project_id: string; role: Role };

export const membershipsProjection = defineFold<Row>({
  name: 'memberships',
  version: 1,
  table: 'memberships',
  key: ['user_id', 'project_id'],
  handles: ['MembershipGranted'] satisfies UserEvent['type'][],
  keyOf: ({ data }) => [String(data['userId']), String(data['projectId'])],
  evolve: (_row, event) => {
    const { userId, projectId, role } = event.data as Extract<UserEvent, { type: 'MembershipGranted' }>['data'];
    return { user_id: userId, project_id: projectId, role };
  },
});
