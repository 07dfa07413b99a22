/** Which agents are trusted, taking trust back, and what looks as if somebody else held an agent's key. */
import { z } from 'zod';
import { AgentId, Instant, plainText, ProjectId, ServerId } from '../ids.ts';
import { pageOf, PageRequest } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';

/** What a person says; the project is the caller's. */
export const RevokeAgents = z.strictObject({ agentIds: z.array(AgentId).min(1).max(500), reason: plainText(200) });

/** Each agent's credential and key are good for nothing within seconds, for ever. Its server comes back with a new attempt. */
export const revokeAgents = defineRequest({
  subject: subjects.rpc('auth', 'agent', 'revoke'),
  input: RevokeAgents.extend({ projectId: ProjectId }),
  /** All of them; those that were revoked before are no error. */
  reply: z.object({ revoked: z.array(AgentId) }),
  access: { by: 'member', role: 'admin' },
});

export const AgentTrustStatus = z.enum(['invited', 'enrolled', 'revoked', 'withdrawn']);
export const AgentTrust = z.object({
  agentId: AgentId,
  serverId: ServerId,
  projectId: ProjectId,
  status: AgentTrustStatus,
  enrolledAt: Instant.nullable(),
  revokedAt: Instant.nullable(),
  revokeReason: z.string().nullable(),
  /** Somebody came with this server's token and other keys. */
  refusedAt: Instant.nullable(),
  /** Two connections spoke with this agent's key at the same time. */
  cloneSuspectedAt: Instant.nullable(),
});
export type AgentTrust = z.infer<typeof AgentTrust>;

export const listAgentTrust = defineRequest({
  subject: subjects.rpc('auth', 'agent', 'trust'),
  input: z.strictObject({ projectId: ProjectId, status: AgentTrustStatus.optional(), serverId: ServerId.optional(), ...PageRequest }),
  reply: pageOf(AgentTrust),
  access: { by: 'member', role: 'viewer' },
});

/** The hub saw, in the broker's own list, several connections with one agent's key that are all alive. */
export const reportAgentClone = defineRequest({
  subject: subjects.internal('auth', 'agent-clone'),
  input: z.strictObject({ agentId: AgentId, nkey: z.string().max(64), sessions: z.array(z.strictObject({ address: z.string().max(64), since: Instant })).min(2).max(16) }),
  reply: z.object({}),
  access: { by: 'service', services: ['hub'] },
});

const aboutAgent = { agentId: AgentId, serverId: ServerId, projectId: ProjectId, nkey: z.string(), at: Instant };
/** In `enrolment-<serverId>`: this key is never let in again. */
export const AgentRevoked = z.object({ ...aboutAgent, reason: z.string() });
export type AgentRevoked = z.infer<typeof AgentRevoked>;
/** In `enrolment-<serverId>`; at most one an hour. A copied disk or a stolen key looks like this. */
export const AgentCloneSuspected = z.object({ ...aboutAgent, sessions: z.array(z.object({ address: z.string(), since: Instant })) });
export type AgentCloneSuspected = z.infer<typeof AgentCloneSuspected>;
