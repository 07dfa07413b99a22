import { readLogOf } from '@citrus/contracts';
import { newId } from '@citrus/kit-event-store';
import { expect } from 'vitest';
import { test } from '../auth-service.fixture.ts';
import { enrol, projectId, withProvisioningLog } from './provisioning-log.fixture.ts';

test('an agent is put out with its server, as soon as provisioning’s log says that the server goes; a neighbour stays', { timeout: 60_000 }, ({ auth }) => withProvisioningLog(auth, async (store) => {
  const [gone, neighbour] = [await enrol(auth), await enrol(auth)];
  const connect = ({ agentId, user, jwt }: typeof gone) => auth.trusted.signInAgent(agentId, { user, jwt, byTcp: true });
  const [connection, other] = [await connect(gone), await connect(neighbour)];
  const at = new Date().toISOString();
  const context = { commandId: newId(), actor: { kind: 'service', id: 'provisioning' }, projectId, correlationId: 'c' } as const;
  await store.append({ stream: `server-${gone.serverId}`, expected: 'none', events: [{ type: 'DeletionRequested', data: { serverId: gone.serverId, at } }], context });
  await connection.closed();
  await expect(connect(gone)).rejects.toThrow(/authorization/i);
  expect(other.isClosed()).toBe(false);
  // The server is gone at last: nothing more is to be done, and nothing is done twice.
  await store.append({ stream: `server-${gone.serverId}`, expected: 1, events: [{ type: 'ServerDeleted', data: { serverId: gone.serverId, at } }], context: { ...context, commandId: newId() } });
  await store.append({ stream: `server-${neighbour.serverId}`, expected: 'none', events: [{ type: 'DeletionRequested', data: { serverId: neighbour.serverId, at } }], context: { ...context, commandId: newId() } });
  await other.closed();
  const { events } = await (await auth.as('agent-mgmt')).call(readLogOf('auth'), { after: 0, limit: 1000, types: ['AgentRevoked'] });
  expect(events.map(({ data }) => [(data as { agentId: string }).agentId, (data as { reason: string }).reason])).toEqual([[gone.agentId, 'the server is deleted'], [neighbour.agentId, 'the server is deleted']]);
}));
