import { newId, openEventStore, openPool, versionsOf } from '@citrus/kit-event-store';
import { envelopeOf, freshDatabase, observed, reactorHonoursItsContract, test, type ToldEvent } from '@citrus/kit-testing';
import { expect, inject } from 'vitest';
import { provisioningEvents } from '../events.ts';
import { handleAgentEvent } from './agent-connected.feed.ts';
import { handleServerCommand } from './server.handler.ts';
import { PROVISIONING_DATABASE } from '../testing/database.ts';

const idOf = (n: number): string => `0198c2a0-0000-7000-8000-00000000000${n}`;
const projectId = idOf(9);
const at = '2026-11-21T10:00:00.000Z';
const facts = { hostname: 'web-1', os: 'Debian 12', arch: 'x64', kernel: '6.1', cpus: 1, memoryBytes: 512, addresses: ['10.0.0.2'], systemd: true, agentVersion: '1.0.0', nodeVersion: '24' };
const spec = { name: 'web', region: 'sfo3', size: 's-1', image: 'debian', tags: [], sshKeys: [], backups: false, ipv6: true, monitoring: true };

/** Up to the step: 1 asked of the cloud, 2 accepted, 3 ready. */
const server = (n: number, steps: number) => {
  const ids = { serverId: idOf(n), at };
  const events = [
    { type: 'ServerRequested', data: { ...ids, projectId, agentId: `agent-${n}-of-web`, jobId: idOf(n), spec } },
    { type: 'DropletCreateIntended', data: { ...ids, attempt: 1, tryNumber: 1, name: 'web-1', tag: 't' } },
    { type: 'DropletAccepted', data: { ...ids, attempt: 1, dropletRef: String(n) } },
    { type: 'DropletReady', data: { ...ids, attempt: 1, ipAddress: '10.0.0.2' } },
  ];
  return { stream: `server-${idOf(n)}`, expected: 'none' as const, events: events.slice(0, steps + 1) };
};
const connected = (n: number): ToldEvent => ({ type: 'AgentConnected', data: { agentId: `agent-${n}-of-web`, serverId: idOf(n), projectId, facts, at } });
const context = () => ({ commandId: newId(), actor: { kind: 'service', id: 'test' }, correlationId: 'test' }) as const;

test('an agent that connects is noted once, whatever happens meanwhile', async ({ onTestFinished }) => {
  // Its server waits for it; is not that far yet; was never asked for; and something that is no hello.
  const told = [connected(3), connected(2), connected(4), { type: 'AgentRetired', data: { agentId: 'agent-3-of-web', serverId: idOf(3), at } }];
  const effects = await reactorHonoursItsContract(told.map((event, index) => envelopeOf(event, index + 1)), async (happened) => {
    const database = await freshDatabase(inject('postgresUrl'), PROVISIONING_DATABASE);
    const pool = openPool({ databaseUrl: database.serviceUrl });
    onTestFinished(async () => {
      await pool.end();
      await database.drop();
    });
    const store = openEventStore({ pool, service: 'provisioning', versions: versionsOf(provisioningEvents) });
    for (const n of [3, 2]) await store.append({ ...server(n, n), context: context() });
    return {
      handle: handleAgentEvent(handleServerCommand(observed(store, happened))),
      effects: async () => (await store.read({ after: 0, limit: 100 })).events.map(({ type, stream, data, actor, causationId }) => ({ type, stream, data, actor, causationId })),
    };
  });
  expect(effects).toHaveLength(9);
  expect((effects as object[]).slice(-2)).toMatchObject([{ type: 'ServerActivated', stream: `server-${idOf(3)}` }, { type: 'AgentSeen', stream: `server-${idOf(2)}` }]);
});
