import { z } from 'zod';
import { SigningKey } from '../auth/enrolment.ts';
import { AgentId, Digest, Instant, ProjectId, ServerId } from '../ids.ts';
import { pageOf, PageRequest } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';
import { Facts } from './messages.ts';
import { AgentLabels, AgentUpdate, AgentUpgradeStatus } from './versions.ts';

/** The public facts of a stream `agent-<agentId>` in agent-mgmt's log. */
export const AgentRegistered = z.object({ agentId: AgentId, serverId: ServerId, projectId: ProjectId, boxKey: z.string(), nkey: z.string(), attempt: z.int().positive().default(1), at: Instant });
/** The first authenticated hello; it makes the server active. */
export const AgentConnected = z.object({ agentId: AgentId, serverId: ServerId, projectId: ProjectId, facts: Facts, at: Instant });
export type AgentConnected = z.infer<typeof AgentConnected>;
/** Its server is gone; it gets no job any more. */
export const AgentRetired = z.object({ agentId: AgentId, serverId: ServerId, at: Instant });

export const Agent = z.object({ id: AgentId, serverId: ServerId, projectId: ProjectId, connectedAt: Instant.nullable(), facts: Facts.nullable(), updatedAt: Instant,
  labels: AgentLabels.default({}),
  /** Its last upgrade; null if there was none. */
  upgrade: AgentUpgradeStatus.nullable().default(null),
  /** Whether the hub has another build of the agent. */
  update: AgentUpdate.default('unknown'),
});
export type Agent = z.infer<typeof Agent>;

export const listAgents = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'agent', 'list'),
  input: z.strictObject({ projectId: ProjectId, serverId: ServerId.optional(), ...PageRequest }),
  reply: pageOf(Agent),
  access: { by: 'member', role: 'viewer' },
});

/** The public keys that agents check commands with. */
export const readCommandKeys = defineRequest({
  subject: subjects.internal('agent-mgmt', 'command-keys'),
  input: z.strictObject({}),
  reply: z.object({ keys: z.array(SigningKey) }),
  access: { by: 'service', services: ['hub'] },
});

/** What became of the keys that commands are signed with. Agents know the next one before it signs. */
export const RotatedCommandKey = z.object({
  current: z.string(), next: z.string(),
  /** Until when agents that know only the key before can still be told of the others; null if it was given up at once. */
  previousUntil: Instant.nullable(),
});
export type RotatedCommandKey = z.infer<typeof RotatedCommandKey>;

/**
 * The next key signs from now on. `compromised`: both present keys are given up at once, and agents get the new ones by
 * HTTPS, each with its own proof; commands wait for that.
 */
export const rotateCommandKey = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'keys', 'rotate'),
  input: z.strictObject({ compromised: z.boolean().default(false) }),
  reply: RotatedCommandKey,
  access: { by: 'administrator' },
});

/** An installer bundle by its digest, for the hub to hand to agents. */
export const readBundle = defineRequest({
  subject: subjects.internal('agent-mgmt', 'bundle-read'),
  input: z.strictObject({ digest: Digest }),
  reply: z.object({ base64: z.string() }),
  access: { by: 'service', services: ['hub'] },
});
