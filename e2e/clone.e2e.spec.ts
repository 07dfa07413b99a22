/** Two machines with one agent's key: seen by the hub in the broker's list, put down by auth once, and ended for both by one revocation. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { subjects } from '@citrus/contracts';
import { jwtAuthenticator, wsconnect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client } from './client.ts';
import { startSystem, type System } from './system.ts';

type Stolen = { readonly agentId: string; readonly natsJwt: string; readonly natsUrls: string[]; readonly seed: Uint8Array };
type Trust = { readonly items: { readonly status: string; readonly cloneSuspectedAt: string | null; readonly agentId: string }[] };

let system: System;
let client: Client;

beforeAll(async () => {
  system = await startSystem({ driver: 'process' });
  client = await new Client(system.credentials).signIn();
});
afterAll(() => system?.dispose());

/** What a copy of the agent's disk holds. */
const steal = (agentId: string): Stolen => {
  for (const file of readdirSync(system.home, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('keys/identity.json')) continue;
    const path = join(system.home, file);
    const { agentId: whose, natsJwt, natsUrls } = JSON.parse(readFileSync(path, 'utf8')) as Stolen;
    const { nkeySeed } = JSON.parse(readFileSync(path.replace('identity.json', 'agent-keys.json'), 'utf8')) as { nkeySeed: string };
    if (whose === agentId) return { agentId, natsJwt, natsUrls, seed: Buffer.from(nkeySeed) };
  }
  throw new Error(`no disk of ${agentId} below ${system.home}`);
};

const liveAs = ({ agentId, natsJwt, natsUrls, seed }: Stolen): Promise<NatsConnection> =>
  wsconnect({ servers: natsUrls, reconnect: false, inboxPrefix: subjects.agent.inbox(agentId), authenticator: jwtAuthenticator(natsJwt, seed) });

const trustOf = async (serverId: string) => (await client.get<Trust>(`/api/agents/trust?serverId=${serverId}`)).body.items[0];
const alarms = async () => (await client.history()).filter(({ type }) => type === 'AgentCloneSuspected').length;

test('T110. a copied disk is noticed once, and one revocation ends the original and the copy', { timeout: 300_000 }, async () => {
  const { id } = await client.createServer('copied');
  await client.serverIs(id, 'active');
  const agentId = (await trustOf(id))?.agentId ?? '';
  const copy = await liveAs(steal(agentId));
  // As a living agent does: it says something now and then.
  const living = setInterval(() => void copy.flush().catch(() => undefined), 1000);
  try {
    await expect.poll(async () => (await trustOf(id))?.cloneSuspectedAt ?? null, { timeout: 120_000, interval: 500 }).not.toBeNull();
    expect(await alarms()).toBe(1);
    const { status } = await client.insist('POST', '/api/agents/revoke', { agentIds: [agentId], reason: 'its disk was copied' });
    expect(status).toBe(200);
    await copy.closed();
  } finally {
    clearInterval(living);
    await copy.close();
  }
  await expect(liveAs(steal(agentId))).rejects.toThrow(/authorization/i);
  await expect.poll(async () => (await trustOf(id))?.status, { timeout: 30_000 }).toBe('revoked');
  expect(await alarms()).toBe(1);
});
