/** Which agents there are: `agent-*` streams as rows. */
import { defineProjection } from '@citrus/kit-event-store';
import type { AgentMgmtDatabase } from '../database.ts';
import type { AgentEvent } from './agent.events.ts';

export const agentsProjection = defineProjection<AgentMgmtDatabase>({
  name: 'agents',
  version: 1,
  tables: ['agents'],
  handles: ['AgentRegistered', 'AgentConnected', 'AgentFactsChanged', 'AgentRetired'],
  apply: async (trx, event) => {
    const { type, data } = event as unknown as AgentEvent;
    const change = trx.updateTable('agents').where('agent_id', '=', data.agentId);
    switch (type) {
      case 'AgentRegistered': {
        const row = { server_id: data.serverId, project_id: data.projectId, box_key: data.boxKey, status: 'registered' as const, connected_at: null, facts: null, updated_at: event.at };
        await trx.insertInto('agents').values({ agent_id: data.agentId, ...row }).onConflict((conflict) => conflict.column('agent_id').doUpdateSet(row)).execute();
        return;
      }
      case 'AgentConnected':
        await change.set({ status: 'connected', connected_at: data.at, facts: JSON.stringify(data.facts), updated_at: event.at }).execute();
        return;
      case 'AgentFactsChanged':
        await change.set({ facts: JSON.stringify(data.facts), updated_at: event.at }).execute();
        return;
      case 'AgentRetired':
        await change.set({ status: 'retired', updated_at: event.at }).execute();
    }
  },
});
