/** Provisioning as auth sees it, a log and its feed, and agents that enrol. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentId, enrolmentProof, issueEnrolment, ProjectId, redeemEnrolment, ServerId } from '@citrus/contracts';
import { createKey } from '@citrus/kit-crypto';
import { newId, newSealKey, type EventStore } from '@citrus/kit-event-store';
import { deployStreams } from '@citrus/kit-messaging';
import { EVENT_STORE, LoggedServiceConfig, loggedServiceModule, startService } from '@citrus/kit-service';
import { freshDatabase } from '@citrus/kit-testing';
import { Inject, Module } from '@nestjs/common';
import { ADMIN, type AuthUnderTest } from '../auth-service.fixture.ts';
import { LOG_ONLY } from '../database.fixture.ts';

export const projectId = ProjectId.parse(ADMIN.projectId);

let log: EventStore | undefined;
/** provisioning's log and its feed as they are, without what provisioning decides. */
@Module({ imports: [loggedServiceModule({ service: 'provisioning', projections: [] })] })
class ProvisioningLog {
  constructor(@Inject(EVENT_STORE) store: EventStore) {
    log = store;
  }
}

/** It is ended before what auth needs is: a log without a broker would wait for it. */
export const withProvisioningLog = async (auth: AuthUnderTest, work: (store: EventStore) => Promise<void>): Promise<void> => {
  await deployStreams(await auth.trusted.signIn('deployer'));
  const [database, dir] = [await freshDatabase(auth.database.superuserUrl, LOG_ONLY), await mkdtemp(join(tmpdir(), 'citrus-provisioning-'))];
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

export const redeem = async (auth: AuthUnderTest, token: string) => {
  const [user, at] = [createKey('user'), new Date().toISOString()];
  const keys = { nkey: user.getPublicKey(), boxKey: 'b'.repeat(43) };
  const signature = Buffer.from(user.sign(Buffer.from(enrolmentProof(token, keys, at)))).toString('base64url');
  const { natsJwt: jwt } = await (await auth.as('hub')).call(redeemEnrolment, { token, keys, at, signature, address: '203.0.113.9' });
  return { user, jwt };
};

export const enrol = async (auth: AuthUnderTest) => {
  const provisioning = await auth.as('provisioning');
  const order = { serverId: ServerId.parse(newId()), projectId, agentId: AgentId.parse(`agent-${newId().slice(-12)}x`), attempt: 1, expiresAt: new Date(Date.now() + 600_000).toISOString() };
  const { token } = await provisioning.call(issueEnrolment, order);
  return { ...order, token, ...(await redeem(auth, token)) };
};
