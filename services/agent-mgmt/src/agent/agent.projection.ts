/** Which agents there are: `agent-*` streams as rows. */
import type { AgentConnected, AgentLabels } from '@citrus/contracts';
import { defineFold } from '@citrus/kit-event-store';
import { showUpgrade, type FoldedUpgrade } from '../agent-version/upgrade.row.ts';
import type { AgentEvent } from './agent.events.ts';

export type FoldedAgent = {
  agent_id: string; server_id: string; project_id: string; box_key: string; status: 'registered' | 'connected' | 'retired';
  connected_at: string | null; facts: AgentConnected['facts'] | null; updated_at: string; labels: AgentLabels; upgrade: FoldedUpgrade | null;
};

export const agentsProjection = defineFold<FoldedAgent>({
  name: 'agents',
  version: 2,
  table: 'agents',
  key: ['agent_id'],
  handles: ['AgentRegistered', 'AgentConnected', 'AgentFactsChanged', 'AgentRetired', 'AgentLabelled', 'AgentUpgradeRequested', 'AgentUpgradeBegun', 'AgentUpgraded', 'AgentUpgradeFailed'] satisfies AgentEvent['type'][],
  keyOf: ({ data }) => [String(data['agentId'])],
  evolve: (row, envelope) => {
    const event = envelope as unknown as AgentEvent;
    const { type, data } = event;
    const updated_at = envelope.at;
    switch (type) {
      case 'AgentRegistered':
        return { agent_id: data.agentId, server_id: data.serverId, project_id: data.projectId, box_key: data.boxKey, status: 'registered', connected_at: null, facts: null, updated_at, labels: row?.labels ?? {}, upgrade: null };
      case 'AgentConnected':
        return row && { ...row, status: 'connected', connected_at: data.at, facts: data.facts, updated_at };
      case 'AgentFactsChanged':
        return row && { ...row, facts: data.facts, updated_at };
      case 'AgentRetired':
        return row && { ...row, status: 'retired', upgrade: null, updated_at };
      case 'AgentLabelled':
        return row && { ...row, labels: data.labels, updated_at };
      case 'AgentUpgradeRequested':
      case 'AgentUpgradeBegun':
      case 'AgentUpgraded':
      case 'AgentUpgradeFailed':
        return row && { ...row, upgrade: showUpgrade(row.upgrade, event), updated_at };
    }
  },
});
