/**
 * Trust in agents: credentials minted on one core, beside the pure-JavaScript nkeys; and from a revocation to the end of
 * the revoked agents' connections, with a fleet connected. Not the way of an enrolment through hub and log.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrapTrust, createKey, mintAgent, natsServerConfig, pushClaims, readAuthKeys, revocationsOf } from '@citrus/auth';
import { freePort, startNats } from '@citrus/kit-embedded';
import { fromPublic, fromSeed, type KeyPair } from '@nats-io/nkeys';
import { encodeUser } from '@nats-io/jwt';
import { connect, credsAuthenticator, type Authenticator, type NatsConnection } from '@nats-io/transport-node';
import { inRounds, type Part } from './measure.ts';

const AGENTS = 1000;
const REVOKED = 200;
const MINT_FOR_MS = 1500;
const AT_ONCE = 20;
const expiresAt = () => new Date(Date.now() + 86_400_000);

/** With node's own Ed25519: a thousand agents in one process would else miss the broker's two seconds for signing in. */
const signing = (user: KeyPair, jwt: string): Authenticator => (nonce) => ({ jwt, nkey: user.getPublicKey(), sig: Buffer.from(user.sign(Buffer.from(nonce ?? ''))).toString('base64url') });

/** As auth does it: a push that was not answered in time is made again. */
const pushed = async (...args: Parameters<typeof pushClaims>): Promise<void> => {
  for (let tries = 0; ; tries += 1) {
    try {
      await pushClaims(...args);
      return;
    } catch (error) {
      if (tries === 5) throw error;
    }
  }
};

const perSecond = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  let done = 0;
  for (; performance.now() - startedAt < MINT_FOR_MS; done += 1) await work();
  return (done * 1000) / (performance.now() - startedAt);
};
const quantile = (values: readonly number[], share: number): number => Math.round(values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? NaN);

export const benchTrust = async (): Promise<Part> => {
  const dir = await mkdtemp(join(tmpdir(), 'citrus-bench-trust-'));
  const trust = await bootstrapTrust({ dir: join(dir, 'trust') });
  const keys = await readAuthKeys(trust.authKeysDir);
  const websocketPort = await freePort();
  const server = await startNats({ dir, config: (place) => natsServerConfig({ trust, dataDir: place.dir, port: place.port, websocket: { port: websocketPort } }) });
  const open: NatsConnection[] = [];
  try {
    const [signer] = keys.agentSigners;
    if (!signer) throw new Error('no signing keys');
    const account = trust.publicKeys.accounts.AGENTS;
    const nkey = createKey('user').getPublicKey();
    const [slowSigner, slowAccount, slowUser] = [fromSeed(signer.getSeed()), fromPublic(account), fromPublic(nkey)];
    const minting = await inRounds('agents’ credentials minted on one core', 'credentials/s', {
      ours: () => perSecond(() => mintAgent({ agentId: 'agent-bench', nkey, expiresAt: expiresAt() }, account, signer)),
      peer: () => perSecond(() => encodeUser('agent-bench', slowUser, slowAccount, {}, { signer: slowSigner, scopedUser: true, exp: Math.floor(expiresAt().getTime() / 1000) })),
      peerName: 'pure-JavaScript nkeys',
    });

    const claims = await connect({ servers: server.url, inboxPrefix: '_INBOX_auth', authenticator: credsAuthenticator(await readFile(keys.claimsCredsFile)) });
    open.push(claims);
    await pushed(claims, keys);
    const fleet: { nkey: string; endedAt: Promise<number> }[] = [];
    const joinAs = async (n: number): Promise<void> => {
      const user = createKey('user');
      const jwt = await mintAgent({ agentId: `agent-${n}x`, nkey: user.getPublicKey(), expiresAt: expiresAt() }, account, keys.agentSigners[n % keys.agentSigners.length] ?? signer);
      const nc = await connect({ servers: server.url, reconnect: false, inboxPrefix: `agent.agent-${n}x.inbox`, authenticator: signing(user, jwt) });
      open.push(nc);
      fleet.push({ nkey: user.getPublicKey(), endedAt: nc.closed().then(() => performance.now()) });
    };
    for (let n = 1000; n < 1000 + AGENTS; n += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => joinAs(n + index)));
    const bad = fleet.slice(0, REVOKED);
    const startedAt = performance.now();
    await pushed(claims, keys, { AGENTS: revocationsOf(bad.map((agent) => ({ nkey: agent.nkey, at: new Date().toISOString() })), new Date()) });
    const took = await Promise.all(bad.map(async ({ endedAt }) => (await endedAt) - startedAt));
    const [p50, p99] = [quantile(took, 0.5), quantile(took, 0.99)];
    return {
      rows: [
        minting,
        { name: `push of ${REVOKED} revocations to dropped, ${AGENTS} connected, p50`, unit: 'ms', ours: p50 },
        { name: `push of ${REVOKED} revocations to dropped, ${AGENTS} connected, p99`, unit: 'ms', ours: p99 },
      ],
      metrics: { mint_per_s: minting.ours, mint_vs_nkeys: minting.ratio, revoke_p50_ms: p50, revoke_p99_ms: p99 },
    };
  } finally {
    await Promise.all(open.map((nc) => nc.close()));
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  }
};
