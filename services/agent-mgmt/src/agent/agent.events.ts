/** The facts of a stream `agent-<agentId>`. Those that other services wait for stand in contracts. */
import type { AgentConnected, AgentRegistered, AgentRetired } from '@citrus/contracts';
import { AgentId, Facts, Instant, ServerId } from '@citrus/contracts';
import { z } from 'zod';
import type { AgentLabelled } from '../agent-version/upgrade.events.ts';
import type { UpgradeEvent } from '../agent-version/upgrade.state.ts';

/** The machine is not what it was at the last hello: another kernel, another address, a newer agent. */
export const AgentFactsChanged = z.object({ agentId: AgentId, serverId: ServerId, facts: Facts, at: Instant });

export type AgentEvent =
  | { type: 'AgentRegistered'; data: z.infer<typeof AgentRegistered> }
  | { type: 'AgentConnected'; data: AgentConnected }
  | { type: 'AgentFactsChanged'; data: z.infer<typeof AgentFactsChanged> }
  | { type: 'AgentLabelled'; data: z.infer<typeof AgentLabelled> }
  | UpgradeEvent
  | { type: 'AgentRetired'; data: z.infer<typeof AgentRetired> };

export const agentStream = (agentId: string): string => `agent-${agentId}`;
