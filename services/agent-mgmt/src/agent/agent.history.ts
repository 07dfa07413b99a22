/** Agents at any instant, in the shape that people see them in now. */
import type { Agent } from '@citrus/contracts';
import { defineReadModel } from '@citrus/kit-service';
import { upgradeStatusOf } from '../agent-version/upgrade.row.ts';
import { agentsProjection, type FoldedAgent } from './agent.projection.ts';

const agentOf = (row: FoldedAgent): Agent =>
  ({ id: row.agent_id, serverId: row.server_id, projectId: row.project_id, connectedAt: row.connected_at, facts: row.facts, updatedAt: row.updated_at, labels: row.labels, upgrade: upgradeStatusOf(row.upgrade), update: 'unknown' }) as Agent;

export const agentsAsTheyWere = defineReadModel<FoldedAgent>({ of: 'agent', fold: agentsProjection, projectOf: (row) => row.project_id, serverOf: (row) => row.server_id, show: agentOf });
