/** The facts of a stream `agent-<agentId>`. The first two are public; other services wait for them. */
import type { AgentConnected, AgentRegistered } from '@citrus/contracts';
import { AgentId, Facts, Instant, ServerId } from '@citrus/contracts';
import { z } from 'zod';

/** The machine is not what it was at the last hello: another kernel, another address, a newer agent. */
export const AgentFactsChanged = z.object({ agentId: AgentId, serverId: ServerId, facts: Facts, at: Instant });
/** Its server is gone; it gets no job any more. */
export const AgentRetired = z.object({ agentId: AgentId, serverId: ServerId, at: Instant });

export type AgentEvent =
  | { type: 'AgentRegistered'; data: z.infer<typeof AgentRegistered> }
  | { type: 'AgentConnected'; data: AgentConnected }
  | { type: 'AgentFactsChanged'; data: z.infer<typeof AgentFactsChanged> }
  | { type: 'AgentRetired'; data: z.infer<typeof AgentRetired> };

export const agentStream = (agentId: string): string => `agent-${agentId}`;
