import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentId, enrolmentProof, issueEnrolment, ProjectId, readLogOf, redeemEnrolment, ServerId } from '@citrus/contracts';
import { createKey } from '@citrus/kit-crypto';
import { migrate, newId, newSealKey, type EventStore } from '@citrus/kit-event-store';
import { deployStreams } from '@citrus/kit-messaging';
import { EVENT_STORE, LoggedServiceConfig, loggedServiceModule, startService } from '@citrus/kit-service';
import { freshDatabase } from '@citrus/kit-testing';
import { Inject, Module } from '@nestjs/common';
import { expect } from 'vitest';
import { ADMIN, test, type AuthUnderTest } from '../auth-service.fixture.ts';

const projectId = ProjectId.parse(ADMIN.projectId);

let log: EventStore | undefined;
/** provisioning's log and its feed as they are, without what provisioning decides. */
@Module({ imports: [loggedServiceModule({ service: 'provisioning', projections: [] })] })
class ProvisioningLog {
  constructor(@Inject(EVENT_STORE) store: EventStore) {
    log = store;
  }
}

/** It is ended before what auth needs is: a log without a broker would wait for it. */
const withProvisioningLog = async (auth: AuthUnderTest, work: (store: EventStore) => Promise<void>): Promise<void> => {
  await deployStreams(await auth.trusted.signIn('deployer'));
  const [database, dir] = [await freshDatabase(auth.database.superuserUrl), await mkdtemp(join(tmpdir(), 'citrus-provisioning-'))];
  await migrate({ ownerUrl: database.ownerUrl, role: database.role, migrations: {} });
  await writeFile(join(dir, 'seal.key'), newSealKey(), { mode: 0o600 });
  const running = await startService({ service: 'provisioning', module: ProvisioningLog, config: LoggedServiceConfig }, {
    env: {
      CITRUS_HTTP_PORT: '0', CITRUS_LOG_LEVEL: 'silent', CITRUS_NATS_URL: auth.trusted.server.url, CITRUS_NATS_CREDS_FILE: auth.trusted.trust.credsFiles.provisioning,
      CITRUS_DATABASE_URL: database.serviceUrl, CITRUS_SEAL_KEY_FILE: join(dir, 'seal.key'), CITRUS_SEALS_DIR: join(dir, 'seals'),
    },
  });
  try {
    await work(log as EventStore);
  } finally {
    await running.stop();
    await database.drop();
    await rm(dir, { recursive: true, force: true });
  }
};

const enrol = async (auth: AuthUnderTest) => {
  const [provisioning, hub] = await Promise.all([auth.as('provisioning'), auth.as('hub')]);
  const order = { serverId: ServerId.parse(newId()), projectId, agentId: AgentId.parse(`agent-${newId().slice(-12)}x`), attempt: 1, expiresAt: new Date(Date.now() + 600_000).toISOString() };
  const { token } = await provisioning.call(issueEnrolment, order);
  const [user, at] = [createKey('user'), new Date().toISOString()];
  const keys = { nkey: user.getPublicKey(), boxKey: 'b'.repeat(43) };
  const signature = Buffer.from(user.sign(Buffer.from(enrolmentProof(token, keys, at)))).toString('base64url');
  const { natsJwt: jwt } = await hub.call(redeemEnrolment, { token, keys, at, signature, address: '203.0.113.9' });
  return { ...order, user, jwt };
};

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
