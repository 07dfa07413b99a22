/** What agent-mgmt's log says about our servers: the agent's first hello makes its server active. */
import { AgentConnected, type EventEnvelope } from '@citrus/contracts';
import { uuidFrom } from '@citrus/kit-event-store';
import type { ServerHandler } from './server.handler.ts';

export const AGENTS_CONSUMER = 'provisioning-agents';

export const handleAgentEvent = (handle: ServerHandler) => async (event: EventEnvelope): Promise<void> => {
  if (event.type !== 'AgentConnected') return;
  const { serverId, agentId, projectId } = AgentConnected.parse(event.data);
  await handle(
    { type: 'RecordAgentConnected', at: event.at, data: { serverId, agentId } },
    { actor: { kind: 'agent', id: agentId }, projectId, correlationId: event.correlationId, causationId: event.id, commandId: uuidFrom(AGENTS_CONSUMER, event.id) },
  );
};
