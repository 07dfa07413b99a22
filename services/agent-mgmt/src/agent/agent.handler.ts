import type { EventStore, UpdateContext, UpdateResult } from '@citrus/kit-event-store';
import { agentDecider, type AgentCommand, type AgentState } from './agent.decider.ts';
import { agentStream, type AgentEvent } from './agent.events.ts';

export const handleAgentCommand = (
  store: EventStore, agentId: string, command: AgentCommand, context: UpdateContext<AgentState>,
): Promise<UpdateResult<AgentState, AgentEvent>> => store.update(agentStream(agentId), agentDecider, (state) => agentDecider.decide(command, state), context);
