import { AgentId, ProjectId, ServerId, type AgentConnected } from '@citrus/contracts';
import { migrate, newId, openEventStore, openPool, versionsOf } from '@citrus/kit-event-store';
import { test } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import { agentMgmtEvents } from '../events.ts';
import { handleAgentCommand } from './agent.handler.ts';

const ids = { agentId: AgentId.parse(newId()), serverId: ServerId.parse(newId()), projectId: ProjectId.parse(newId()) };
const facts: AgentConnected['facts'] = { hostname: 'web-1', os: 'Debian 12', arch: 'x64', kernel: '6.1', cpus: 1, memoryBytes: 512, addresses: ['10.0.0.2'], systemd: true, agentVersion: '1.0.0', nodeVersion: '24' };
const instant = (minute: number) => new Date(Date.UTC(2026, 10, 21, 0, minute)).toISOString();
const context = () => ({ commandId: newId(), actor: { kind: 'service', id: 'test' }, correlationId: 'test' }) as const;

describe('an agent that tells of upgrades for years', () => {
  test('is loaded from a snapshot, to the same state', async ({ database }) => {
    await migrate({ ownerUrl: database.ownerUrl, role: database.role });
    const pool = openPool({ databaseUrl: database.serviceUrl });
    const store = openEventStore({ pool, service: 'agent-mgmt', versions: versionsOf(agentMgmtEvents) });
    const hello = (minute: number) => handleAgentCommand(store, ids.agentId, { type: 'RecordHello', data: { facts: { ...facts, kernel: `6.1.${minute}` }, at: instant(minute) } }, context());
    await handleAgentCommand(store, ids.agentId, { type: 'RegisterAgent', data: { ...ids, boxKey: 'b', nkey: 'U', attempt: 1, at: instant(0) } }, context());
    for (let minute = 2; minute <= 122; minute += 2) await hello(minute);
    const { rows } = await pool.query('select decider, version from snapshots');
    expect(rows).toEqual([{ decider: 'agent', version: 50 }]);
    const withIt = (await hello(122)).state;
    await pool.query('delete from snapshots');
    expect((await hello(122)).state).toEqual(withIt);
    expect(withIt).toMatchObject({ status: 'connected', changes: 60, facts: { kernel: '6.1.122' } });
    await pool.end();
  });
});
