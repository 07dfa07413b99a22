/** Who has which role in which project; what was said last counts, also where an older release said it in the person's stream. */
import type { Role } from '@citrus/contracts';
import { defineFold } from '@citrus/kit-event-store';
import { sql } from 'kysely';
import type { ProjectEvent } from '../project/project.events.ts';

type Row = { user_id: string; project_id: string; role: Role };
type MembershipEvent = Extract<ProjectEvent, { type: 'MembershipGranted' | 'MembershipEnded' }>;

export const membershipsProjection = defineFold<Row>({
  name: 'memberships',
  version: 1,
  table: 'memberships',
  key: ['user_id', 'project_id'],
  handles: ['MembershipGranted', 'MembershipEnded'] satisfies MembershipEvent['type'][],
  keyOf: ({ data }) => [String(data['userId']), String(data['projectId'])],
  evolve: (_row, event) => {
    const { type, data } = event as unknown as MembershipEvent;
    switch (type) {
      case 'MembershipGranted':
        return { user_id: data.userId, project_id: data.projectId, role: data.role };
      case 'MembershipEnded':
        return undefined;
    }
  },
  // What was said last about each.
  rebuildSql: {
    columns: ['user_id', 'project_id', 'role'],
    select: (upTo) => sql`
      select user_id, project_id, role from (
        select distinct on (data->>'userId', data->>'projectId') (data->>'userId')::uuid as user_id, (data->>'projectId')::uuid as project_id, data->>'role' as role, type
        from events where type in ('MembershipGranted', 'MembershipEnded') and position <= ${upTo}
        order by data->>'userId', data->>'projectId', position desc) as said_last
      where type = 'MembershipGranted'`,
  },
});
