/** What agent-mgmt's log says about our servers: the agent's first hello makes its server active. */
import { AgentConnected, type EventEnvelope } from '@citrus/contracts';
import { z } from 'zod';
import { uuidFrom } from '@citrus/kit-event-store';
import type { ServerHandler } from './server.handler.ts';

/** What the agent says of its own machine, so only a real address is believed; IPv4 first, as people know it. */
const addressAmong = (addresses: readonly string[]): string | undefined =>
  addresses.find((address) => z.ipv4().safeParse(address).success) ?? addresses.find((address) => z.ipv6().safeParse(address).success);

export const AGENTS_CONSUMER = 'provisioning-agents';
/** Servers become active so much later, where others do all the time. */
export const AGENTS_GATHER_MS = 50;

export const handleAgentEvent = (handle: ServerHandler) => async (event: EventEnvelope): Promise<void> => {
  if (event.type !== 'AgentConnected') return;
  const { serverId, agentId, projectId, facts } = AgentConnected.parse(event.data);
  const ipAddress = addressAmong(facts.addresses);
  await handle(
    { type: 'RecordAgentConnected', at: event.at, data: { serverId, agentId, ...(ipAddress !== undefined && { ipAddress }) } },
    { actor: { kind: 'agent', id: agentId }, projectId, correlationId: event.correlationId, causationId: event.id, commandId: uuidFrom(AGENTS_CONSUMER, event.id) },
  );
};
