/**
 * A fleet as enrolment would have left it: keys of their own, credentials that auth's own signing keys vouch for, and the
 * facts that agent-mgmt knows agents and servers by, in its own log and in that of provisioning. How fast enrolment is,
 * is told by `trust`.
 */
import { createHash, randomUUID } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { createKey, mintAgent, readAuthKeys } from '@citrus/auth';
import type { EnrolledAgent } from '@citrus/agent/embedding';
import { AgentId, readCommandKeys, readLogOf, ServerId } from '@citrus/contracts';
import { generateBoxKeys } from '@citrus/kit-crypto';
import { migrate, newId, openEventStore, openPool, startRelay, type EventStore } from '@citrus/kit-event-store';
import { createRequests } from '@citrus/kit-messaging';
import { freshDatabase } from '@citrus/kit-testing/database';
import type { Site } from '../trust-site.ts';

const LIFE_MS = 24 * 3_600_000;
const MADE_AT_ONCE = 500;
const APPENDED_AT_ONCE = 64;

export const agentIdOf = (prefix: string, n: number): string => `${prefix}-${String(n).padStart(5, '0')}-${createHash('sha256').update(`${prefix} ${n}`).digest('hex').slice(0, 12)}`;

/** Credentials for these many ids, from the same signing keys as auth's. */
export const mintFleet = async (site: Site, prefix: string, count: number): Promise<EnrolledAgent[]> => {
  const { publicKeys, agentSigners } = await readAuthKeys(site.trust.authKeysDir);
  const { keys } = await createRequests(await site.as('hub')).call(readCommandKeys, {});
  const fleet: EnrolledAgent[] = [];
  for (let n = 0; n < count; n += 1) {
    const [agentId, user, box] = [AgentId.parse(agentIdOf(prefix, n)), createKey('user'), generateBoxKeys()];
    const signer = agentSigners[n % agentSigners.length];
    if (!signer) throw new Error('auth has no signing keys for agents');
    const expiresAt = new Date(Math.floor((Date.now() + LIFE_MS) / 1000) * 1000);
    const natsJwt = await mintAgent({ agentId, nkey: user.getPublicKey(), expiresAt }, publicKeys.accounts.AGENTS, signer);
    fleet.push({ nkeySeed: Buffer.from(user.getSeed()).toString(), box, welcome: { agentId, serverId: ServerId.parse(randomUUID()), natsJwt, natsUrls: [site.websocketUrl], expiresAt: expiresAt.toISOString(), signingKeys: keys } });
  }
  return fleet;
};

export const writeFleet = (file: string, fleet: readonly EnrolledAgent[]): void => {
  writeFileSync(file, '', { mode: 0o600 });
  for (let from = 0; from < fleet.length; from += MADE_AT_ONCE) appendFileSync(file, fleet.slice(from, from + MADE_AT_ONCE).map((one) => `${JSON.stringify(one)}\n`).join(''));
};

const publicNkeyOf = ({ welcome }: EnrolledAgent): string => {
  const { sub } = JSON.parse(Buffer.from(welcome.natsJwt.split('.')[1] ?? '', 'base64url').toString()) as { sub: string };
  return sub;
};

type Fact = { readonly stream: string; readonly type: string; readonly data: Record<string, unknown> };

const appendFacts = async (store: EventStore, service: 'agent-mgmt' | 'provisioning', facts: readonly Fact[]): Promise<void> => {
  const left = [...facts];
  const worker = async () => {
    for (let fact = left.pop(); fact; fact = left.pop()) {
      const { stream, type, data } = fact;
      await store.append({ stream, expected: 'none', events: [{ type, data }], context: { commandId: newId(), actor: { kind: 'service', id: service }, correlationId: newId(), projectId: String(data['projectId']) } });
    }
  };
  await Promise.all(Array.from({ length: APPENDED_AT_ONCE }, worker));
};

/** Provisioning's log without provisioning: whoever follows it reads and hears it as ever. */
const openProvisioningLog = async (site: Site) => {
  const [database, nats] = [await freshDatabase(site.postgresUrl), await site.as('provisioning')];
  await migrate({ ownerUrl: database.ownerUrl, role: database.role });
  const pool = openPool({ databaseUrl: database.serviceUrl, max: 10 });
  const store = openEventStore({ pool, service: 'provisioning' });
  const relay = startRelay({ databaseUrl: database.serviceUrl, pool, nats, service: 'provisioning' });
  nats.subscribe(readLogOf('provisioning').subject, { callback: (_, message) => void store.read(message.json()).then((page) => message.respond(JSON.stringify(page))) });
  return { store, stop: async () => { await relay.stop(); await pool.end(); } };
};

/** Writes the facts; the services learn of them as they follow the logs. */
export const registerFleet = async (site: Site, fleet: readonly EnrolledAgent[]): Promise<{ stop(): Promise<void> }> => {
  const { projectId } = site.admin;
  const at = new Date().toISOString();
  const about = ({ welcome: { agentId, serverId } }: EnrolledAgent) => ({ agentId, serverId, projectId });
  const provisioning = await openProvisioningLog(site);
  const spec = { name: 'fleet', region: 'none', size: 'none', image: 'none', tags: [], sshKeys: [], backups: false, ipv6: false, monitoring: false };
  await appendFacts(provisioning.store, 'provisioning', fleet.map((one) => ({ stream: `server-${one.welcome.serverId}`, type: 'ServerRequested', data: { ...about(one), jobId: newId(), spec, at } })));
  const pool = openPool({ databaseUrl: site.databaseUrls['agent-mgmt'] ?? '', max: 10 });
  const registered = fleet.map((one) => ({ stream: `agent-${one.welcome.agentId}`, type: 'AgentRegistered', data: { ...about(one), boxKey: one.box.publicKey, nkey: publicNkeyOf(one), attempt: 1, at } }));
  await appendFacts(openEventStore({ pool, service: 'agent-mgmt' }), 'agent-mgmt', registered);
  await pool.end();
  return { stop: provisioning.stop };
};
