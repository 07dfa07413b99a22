/** What people ask for about the programs and labels of agents. */
import { z } from 'zod';
import { ProjectId, ServerId } from '../ids.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';
import { Agent } from './agent.ts';
import { AgentLabelKey, AgentLabels } from './versions.ts';

export const MOST_SERVERS_IN_A_WAVE = 10_000;
export const AgentUpgradeAnswer = z.object({ serverId: ServerId, outcome: z.enum(['asked', 'current', 'refused']), reason: z.string().optional() });
export type AgentUpgradeAnswer = z.infer<typeof AgentUpgradeAnswer>;
export const AgentsUpgrading = z.object({ waveId: z.uuid(), version: z.string(), agents: z.array(AgentUpgradeAnswer) });
export type AgentsUpgrading = z.infer<typeof AgentsUpgrading>;

/** The newest build for these servers' agents, `atOnce` at a time; the rest is called off when more than `maxFailures` failed. */
export const upgradeAgents = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'agent', 'upgrade'),
  input: z.strictObject({
    projectId: ProjectId, waveId: z.uuid(), serverIds: z.array(ServerId).min(1).max(MOST_SERVERS_IN_A_WAVE),
    atOnce: z.int().min(1).max(1000), maxFailures: z.int().min(0).max(MOST_SERVERS_IN_A_WAVE), allowDowngrade: z.boolean(),
  }),
  reply: AgentsUpgrading,
  access: { by: 'member', role: 'admin' },
});

/** Puts labels on the agent of a server and takes others off; what is not named stays. */
export const labelAgent = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'agent', 'label'),
  input: z.strictObject({ projectId: ProjectId, serverId: ServerId, set: AgentLabels, remove: z.array(AgentLabelKey).max(64) }),
  reply: Agent,
  access: { by: 'member', role: 'operator' },
});
