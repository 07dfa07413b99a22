import { projectionSpec, type ToldEvent } from '@citrus/kit-testing';
import { describe, test } from 'vitest';
import type { AgentEvent } from './agent.events.ts';
import { agentsProjection } from './agent.projection.ts';

const { given } = projectionSpec(agentsProjection);
const ids = { agentId: 'agent-0198c2a0', serverId: '0198c2a0-0000-7000-8000-000000000002' };
const projectId = '0198c2a0-0000-7000-8000-000000000003';
const at = '2026-11-21T09:59:00.000Z';
const facts = { hostname: 'web-1', os: 'Debian 12', kernel: '6.1' };

const told = (type: AgentEvent['type'], data: object): ToldEvent => ({ type, data: { ...ids, at, ...data } });
const registered = (attempt: number, boxKey = 'key-1') => told('AgentRegistered', { projectId, boxKey, nkey: 'U', attempt });
const connected = told('AgentConnected', { projectId, facts });
const untouched = { labels: {}, upgrade: null };
const row = { ...untouched, agent_id: ids.agentId, server_id: ids.serverId, project_id: projectId, box_key: 'key-1' };

describe('the row of an agent', () => {
  test('begins with its registration', () => given(registered(1)).then({ ...row, status: 'registered', connected_at: null, facts: null, updated_at: '2026-11-21T10:00:01.000Z' }));
  test('has the facts of its first hello', () => given(registered(1), connected).then({ ...row, status: 'connected', connected_at: at, facts, updated_at: '2026-11-21T10:00:02.000Z' }));
  test('has the newest facts', () => given(registered(1), connected, told('AgentFactsChanged', { facts: { ...facts, kernel: '6.12' } })).shows({ status: 'connected', facts: { kernel: '6.12' } }));
  test('begins anew when the server is made again', () => given(registered(1), connected, registered(2, 'key-2')).shows({ box_key: 'key-2', status: 'registered', connected_at: null, facts: null }));
  test('stays when the agent is retired', () => given(registered(1), connected, told('AgentRetired', {})).shows({ status: 'retired', facts }));
});
