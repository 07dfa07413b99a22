/** Who speaks for which server, and what looked wrong about it: what people see of the trust in agents. */
import { AgentTrust } from '@citrus/contracts';
import { ContractViolation } from '@citrus/kit-domain';
import { defineFold } from '@citrus/kit-event-store';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { AuthDatabase } from '../database.ts';
import type { EnrolmentEvent } from './enrolment.events.ts';

type Row = {
  server_id: string; project_id: string; agent_id: string; status: AgentTrust['status'];
  enrolled_at: string | null; revoked_at: string | null; revoke_reason: string | null; refused_at: string | null; clone_suspected_at: string | null;
};

export const agentTrustProjection = defineFold<Row>({
  name: 'agent_trust',
  version: 1,
  table: 'agent_trust',
  key: ['server_id'],
  handles: ['EnrolmentIssued', 'AgentEnrolled', 'EnrolmentRefused', 'EnrolmentWithdrawn', 'AgentRevoked', 'AgentCloneSuspected'] satisfies EnrolmentEvent['type'][],
  keyOf: ({ data }) => [String(data['serverId'])],
  evolve: (row, envelope) => {
    const { type, data } = envelope as unknown as EnrolmentEvent;
    switch (type) {
      case 'EnrolmentIssued':
        return { server_id: data.serverId, project_id: data.projectId, agent_id: data.agentId, status: 'invited', enrolled_at: null, revoked_at: null, revoke_reason: null, refused_at: null, clone_suspected_at: null };
      case 'AgentEnrolled':
        return row && { ...row, status: 'enrolled', enrolled_at: envelope.at };
      case 'EnrolmentRefused':
        return row && { ...row, refused_at: envelope.at };
      case 'EnrolmentWithdrawn':
        return row && { ...row, status: 'withdrawn', revoked_at: envelope.at, revoke_reason: data.reason };
      case 'AgentRevoked':
        return row && { ...row, status: 'revoked', revoked_at: envelope.at, revoke_reason: data.reason };
      case 'AgentCloneSuspected':
        return row && { ...row, clone_suspected_at: envelope.at };
    }
  },
});

const instant = (time: Date | null): string | null => time && time.toISOString();

export type TrustFilter = { readonly projectId: string; readonly status?: AgentTrust['status'] | undefined; readonly serverId?: string | undefined; readonly limit: number; readonly cursor?: string | undefined };

/** By server; the cursor is the last one's id. */
export const readAgentTrust = (db: Kysely<AuthDatabase>) => async ({ projectId, status, serverId, limit, cursor }: TrustFilter) => {
  if (cursor !== undefined && !z.uuid().safeParse(cursor).success) throw new ContractViolation('The cursor is none of ours; begin at the first page again.');
  let query = db.selectFrom('agent_trust').selectAll().where('project_id', '=', projectId).orderBy('server_id').limit(limit + 1);
  if (status) query = query.where('status', '=', status);
  if (serverId) query = query.where('server_id', '=', serverId);
  if (cursor) query = query.where('server_id', '>', cursor);
  const rows = await query.execute();
  const items = rows.slice(0, limit).map((row) => AgentTrust.parse({
    agentId: row.agent_id, serverId: row.server_id, projectId: row.project_id, status: row.status, enrolledAt: instant(row.enrolled_at), revokedAt: instant(row.revoked_at),
    revokeReason: row.revoke_reason, refusedAt: instant(row.refused_at), cloneSuspectedAt: instant(row.clone_suspected_at),
  }));
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.serverId ?? null) : null };
};

/** Server by agent, for those of this project only. */
export const serversOfAgents = (db: Kysely<AuthDatabase>) => async (projectId: string, agentIds: readonly string[]): Promise<Map<string, string>> => {
  const rows = await db.selectFrom('enrolments').select(['agent_id', 'server_id']).where('project_id', '=', projectId).where('agent_id', 'in', [...agentIds]).execute();
  return new Map(rows.map(({ agent_id, server_id }) => [agent_id, server_id]));
};
