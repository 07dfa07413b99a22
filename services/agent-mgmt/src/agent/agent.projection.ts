/** Which agents there are: `agent-*` streams as rows. */
import type { AgentConnected } from '@citrus/contracts';
import { defineFold } from '@citrus/kit-event-store';
import type { AgentEvent } from './agent.events.ts';

export type FoldedAgent = {
  agent_id: string; server_id: string; project_id: string; box_key: string; status: 'registered' | 'connected' | 'retired';
  connected_at: string | null; facts: AgentConnected['facts'] | null; updated_at: string;
};

export const agentsProjection = defineFold<FoldedAgent>({
  name: 'agents',
  version: 1,
  table: 'agents',
  key: ['agent_id'],
  handles: ['AgentRegistered', 'AgentConnected', 'AgentFactsChanged', 'AgentRetired'] satisfies AgentEvent['type'][],
  keyOf: ({ data }) => [String(data['agentId'])],
  evolve: (row, envelope) => {
    const { type, data } = envelope as unknown as AgentEvent;
    const updated_at = envelope.at;
    switch (type) {
      case 'AgentRegistered':
        return { agent_id: data.agentId, server_id: data.serverId, project_id: data.projectId, box_key: data.boxKey, status: 'registered', connected_at: null, facts: null, updated_at };
      case 'AgentConnected':
        return row && { ...row, status: 'connected', connected_at: data.at, facts: data.facts, updated_at };
      case 'AgentFactsChanged':
        return row && { ...row, facts: data.facts, updated_at };
      case 'AgentRetired':
        return row && { ...row, status: 'retired', updated_at };
    }
  },
});
