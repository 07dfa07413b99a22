/** Which agent speaks for which server: how a renewal finds the server's stream. */
import { defineFold } from '@citrus/kit-event-store';
import { sql, type Kysely } from 'kysely';
import type { AuthDatabase } from '../database.ts';
import type { EnrolmentEvent } from './enrolment.events.ts';

type Row = {
  server_id: string; project_id: string; agent_id: string; attempt: number; expires_at: string;
  nkey: string | null; box_key: string | null; enrolled_at: string | null; refused_keys: number;
};

/** What came of it later stands in `agent_trust`. */
type Handled = Extract<EnrolmentEvent, { type: 'EnrolmentIssued' | 'AgentEnrolled' | 'EnrolmentRefused' }>;

export const enrolmentsProjection = defineFold<Row>({
  name: 'enrolments',
  version: 1,
  table: 'enrolments',
  key: ['server_id'],
  handles: ['EnrolmentIssued', 'AgentEnrolled', 'EnrolmentRefused'] satisfies EnrolmentEvent['type'][],
  keyOf: ({ data }) => [String(data['serverId'])],
  evolve: (row, envelope) => {
    const { type, data } = envelope as unknown as Handled;
    switch (type) {
      case 'EnrolmentIssued': {
        const { serverId, projectId, agentId, attempt, expiresAt } = data;
        return { server_id: serverId, project_id: projectId, agent_id: agentId, attempt, expires_at: expiresAt, nkey: null, box_key: null, enrolled_at: null, refused_keys: 0 };
      }
      case 'AgentEnrolled':
        return row && { ...row, nkey: data.keys.nkey, box_key: data.keys.boxKey, enrolled_at: envelope.at };
      case 'EnrolmentRefused':
        return row && { ...row, refused_keys: row.refused_keys + 1 };
    }
  },
  // The last invitation of each server, and what came of it.
  rebuildSql: {
    columns: ['server_id', 'project_id', 'agent_id', 'attempt', 'expires_at', 'nkey', 'box_key', 'enrolled_at', 'refused_keys'],
    select: (upTo) => sql`
      select (data->>'serverId')::uuid as server_id, (array_agg(data->>'projectId' order by position))[1]::uuid as project_id, (array_agg(data->>'agentId' order by position))[1] as agent_id,
        (array_agg(data->>'attempt' order by position))[1]::int as attempt, (array_agg(data->>'expiresAt' order by position))[1]::timestamptz as expires_at,
        (array_agg(data->'keys'->>'nkey' order by position desc) filter (where type = 'AgentEnrolled'))[1] as nkey,
        (array_agg(data->'keys'->>'boxKey' order by position desc) filter (where type = 'AgentEnrolled'))[1] as box_key,
        max(recorded_at) filter (where type = 'AgentEnrolled') as enrolled_at, (count(*) filter (where type = 'EnrolmentRefused'))::int as refused_keys
      from (
        select position, type, data, recorded_at, max(position) filter (where type = 'EnrolmentIssued') over (partition by data->>'serverId') as issued
        from events where type in ('EnrolmentIssued', 'AgentEnrolled', 'EnrolmentRefused') and position <= ${upTo}) as told
      where position >= issued group by data->>'serverId'`,
  },
});

/** For what an agent did or tried, whichever release of it. */
export const projectOfAgent = (db: Kysely<AuthDatabase>) => async (agentId: string): Promise<string | undefined> =>
  (await db.selectFrom('enrolments').select('project_id').where('agent_id', '=', agentId).executeTakeFirst())?.project_id;

export const serverOfAgent = (db: Kysely<AuthDatabase>) => async (agentId: string): Promise<string | undefined> =>
  (await db.selectFrom('enrolments').select('server_id').where('agent_id', '=', agentId).executeTakeFirst())?.server_id;
