import { AgentId, listAgents, subjects } from '@citrus/contracts';
import { eventually } from '@citrus/kit-testing';
import { headers } from '@nats-io/nats-core';
import { describe, expect } from 'vitest';
import { PROJECT, test, type Hub } from './hub.fixture.ts';

const AGENT = AgentId.parse('agent-under-test');
const ACCOUNT = 'AAGENTS';
const at = new Date(0).toISOString();
const jwt = `x.${Buffer.from(JSON.stringify({ name: AGENT, sub: 'UKEY' })).toString('base64url')}.x`;

/** As nats-server 2.10 writes it; the broker of this test has no accounts, so the test says it. */
const tell = (hub: Hub, kind: 'CONNECT' | 'DISCONNECT', { id, start, name = 'anything' }: { id: number; start: string; name?: string }) =>
  hub.nc.publish(`$SYS.ACCOUNT.${ACCOUNT}.${kind}`, JSON.stringify({ server: { id: 'SERVER', name: 's' }, client: { id, acc: ACCOUNT, user: 'UKEY', name, jwt, start } }));

describe('an agent', () => {
  const stand = async (hub: Hub) => {
    await hub.answer(listAgents, () => ({ items: [{ id: AGENT, serverId: PROJECT, projectId: PROJECT, connectedAt: null, facts: null, updatedAt: at } as never], nextCursor: null }));
    return async () => ((await hub.call('GET', '/api/agents')).json as { items: { online: boolean; lastSeenAt: string | null }[] }).items[0];
  };

  test('is online from its first beat and offline with its disconnection', async ({ hub }) => {
    const seen = await stand(hub);
    expect(await seen()).toMatchObject({ online: false, lastSeenAt: null });
    tell(hub, 'CONNECT', { id: 1, start: '2026-01-01T00:00:00Z' });
    hub.nc.publish(subjects.agent.heartbeat(AGENT), '{}');
    await eventually(async () => expect(await seen()).toMatchObject({ online: true }));
    tell(hub, 'DISCONNECT', { id: 1, start: '2026-01-01T00:00:00Z' });
    await eventually(async () => expect(await seen()).toMatchObject({ online: false }));
    expect((await seen())?.lastSeenAt).not.toBeNull();
  });

  test('T318. is not there by a beat that the broker delivered out of a stream', async ({ hub }) => {
    const other = AgentId.parse('agent-in-truth');
    await hub.answer(listAgents, () => ({ items: [AGENT, other].map((id) => ({ id, serverId: PROJECT, projectId: PROJECT, connectedAt: null, facts: null, updatedAt: at }) as never), nextCursor: null }));
    const online = async () => ((await hub.call('GET', '/api/agents')).json as { items: { id: string; online: boolean }[] }).items.filter((agent) => agent.online).map(({ id }) => id);
    const marked = headers();
    marked.set('Nats-Stream', 'SEALS');
    hub.nc.publish(subjects.agent.heartbeat(AGENT), '{}', { headers: marked });
    hub.nc.publish(subjects.agent.heartbeat(other), '{}');
    await eventually(async () => expect(await online()).toEqual([other]));
  });

  test('stays online when the end of an older session is told late', async ({ hub }) => {
    const seen = await stand(hub);
    tell(hub, 'CONNECT', { id: 1, start: '2026-01-01T00:00:00Z' });
    tell(hub, 'CONNECT', { id: 2, start: '2026-01-01T00:00:05Z' });
    hub.nc.publish(subjects.agent.heartbeat(AGENT), '{}');
    await eventually(async () => expect(await seen()).toMatchObject({ online: true }));
    tell(hub, 'DISCONNECT', { id: 1, start: '2026-01-01T00:00:00Z' });
    tell(hub, 'DISCONNECT', { id: 3, start: '2025-01-01T00:00:05Z' });
    await hub.nc.flush();
    expect(await seen()).toMatchObject({ online: true });
    tell(hub, 'DISCONNECT', { id: 2, start: '2026-01-01T00:00:05Z' });
    await eventually(async () => expect(await seen()).toMatchObject({ online: false }));
  });
});
