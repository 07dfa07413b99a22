/** A hub as a process of its own on a real broker; the services behind it are played here: nothing but the hub is measured. */
import { ProjectId, readHistoryOf, readKeySet, readRevocations, subjects, LOGGED_SERVICES, TOKEN_AUDIENCE, TOKEN_ISSUER, type AccessClaims, type EventEnvelope, type RequestDefinition } from '@citrus/contracts';
import { freePort, run, startNats, waitUntil } from '@citrus/kit-embedded';
import { connectNats, deployStreams } from '@citrus/kit-messaging';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const PROJECT = ProjectId.parse('11111111-1111-4111-8111-111111111111');

export type Stage = {
  readonly url: string;
  readonly pid: number;
  tokens(people: number): Promise<string[]>;
  /** An event of the project with so many bytes of data, told as a relay does. */
  tell(bytes: number): void;
  stop(): Promise<void>;
};

/** As auth signs them. */
const createIssuer = async () => {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const kid = 'bench';
  const tokenOf = (): Promise<string> => {
    const claims: AccessClaims = { sub: randomUUID(), email: null, memberships: [{ projectId: PROJECT, role: 'analyst' }], adm: false, by: 'session', sid: randomUUID() };
    return new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid }).setIssuer(TOKEN_ISSUER).setAudience(TOKEN_AUDIENCE).setIssuedAt().setExpirationTime('1h').sign(privateKey);
  };
  return { tokenOf, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA' } };
};

export const openStage = async (): Promise<Stage> => {
  const folder = await mkdtemp(join(tmpdir(), 'citrus-bench-hub-'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Citrus</title>');
  const broker = await startNats();
  const nc = await connectNats({ url: broker.url, name: 'stage', inboxPrefix: '_INBOX_stage' });
  await deployStreams(nc);
  const issuer = await createIssuer();
  const answer = <Input, Reply>({ subject }: RequestDefinition<Input, Reply>, reply: () => Reply): void => void nc.subscribe(subject, { callback: (_error, message) => void message.respond(JSON.stringify(reply())) });
  let position = 0;
  answer(readKeySet, () => ({ keys: [issuer.jwk] }));
  answer(readRevocations, () => ({ position: 0, head: 0, ended: [], outdated: [] }));
  for (const service of LOGGED_SERVICES) answer(readHistoryOf(service), () => ({ events: [], head: service === 'provisioning' ? position : 0 }));
  await nc.flush();
  const [port, management] = [await freePort(), await freePort()];
  const { PATH, HOME } = process.env;
  const hub = run({
    command: process.execPath, args: ['--enable-source-maps', `${root}/services/hub/dist/main.js`],
    env: { PATH, HOME, NODE_ENV: 'production', CITRUS_NATS_URL: broker.url, CITRUS_HTTP_HOST: '127.0.0.1', CITRUS_HTTP_PORT: String(port), CITRUS_MANAGEMENT_PORT: String(management), CITRUS_LOG_LEVEL: 'warn', CITRUS_PUBLIC_URL: 'http://citrus.bench', CITRUS_PANEL_DIR: folder, CITRUS_ARTIFACTS_DIR: folder, CITRUS_REQUESTS_PER_SECOND: '1000000' },
  });
  const isReady = async () => (await fetch(`http://127.0.0.1:${management}/readyz`).catch(() => undefined))?.ok ?? false;
  await waitUntil('hub', isReady, { timeoutMs: 60_000, running: hub });
  return {
    url: `http://127.0.0.1:${port}`, pid: hub.pid,
    tokens: (people) => Promise.all(Array.from({ length: people }, () => issuer.tokenOf())),
    tell: (bytes) => {
      position += 1;
      const event: EventEnvelope = {
        id: `66666666-6666-4666-8666-${String(position).padStart(12, '0')}`, type: 'Happened', version: 1, stream: 'server-1', streamVersion: position, position, at: new Date().toISOString(), actor: { kind: 'service', id: 'bench' }, projectId: PROJECT, correlationId: 'bench',
        data: { sentAt: Date.now(), text: '' },
      };
      event.data['text'] = 'x'.repeat(Math.max(0, bytes - JSON.stringify(event.data).length));
      nc.publish(subjects.event('provisioning', event.stream, event.type), JSON.stringify(event));
    },
    stop: async () => {
      await hub.stop();
      await nc.close();
      await broker.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
