/** A real nats-server in operator mode with fresh keys, and ways to sign in as everybody who may. For tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { inboxPrefixOf, subjects } from '@citrus/contracts';
import { createKey } from '@citrus/kit-crypto';
import { freePort, startNats, type EmbeddedNats } from '@citrus/kit-embedded';
import type { KeyPair } from '@nats-io/nkeys';
import { connect, credsAuthenticator, jwtAuthenticator, wsconnect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';
import { test as base } from '@citrus/kit-testing';
import type { ControlRole } from './accounts.ts';
import { bootstrapTrust, type Trust } from './bootstrap.ts';
import { pushClaims } from './claims-pusher.ts';
import { mintAgent } from './jwt.ts';
import { natsServerConfig } from './nats-server-config.ts';
import { readAuthKeys, type AuthKeys } from './trust-directory.ts';

const HOUR_MS = 3_600_000;
/** The library's signatures are slow, and a machine that tests everything at once stops for a second: two are too few for a sign-in over TCP. */
const PATIENT = 'authorization { timeout: 30 }\n';

export type TrustedNats = {
  readonly trust: Trust;
  readonly keys: AuthKeys;
  readonly server: EmbeddedNats;
  readonly websocketUrl: string;
  signIn(role: ControlRole): Promise<NatsConnection>;
  signInForClaims(): Promise<NatsConnection>;
  mint(agentId: string, nkey: string): Promise<string>;
  /**
   * An agent with a credential of its own, connected by WebSocket as real ones are. `byTcp` where our own connections of
   * the same process have to come back: nats.js knows one way to connect a process, the one that was asked for last.
   */
  signInAgent(agentId: string, options?: Omit<ConnectionOptions, 'user'> & { user?: KeyPair; jwt?: string; byTcp?: boolean }): Promise<NatsConnection>;
};

export const startTrustedNats = async ({ binary }: { binary?: string } = {}): Promise<TrustedNats & { stop(): Promise<void> }> => {
  const dir = await mkdtemp(join(tmpdir(), 'citrus-trust-'));
  const trust = await bootstrapTrust({ dir: join(dir, 'trust') });
  const keys = await readAuthKeys(trust.authKeysDir);
  const websocketPort = await freePort();
  const server = await startNats({ dir, ...(binary && { binary }), config: (place) => natsServerConfig({ trust, dataDir: place.dir, port: place.port, websocket: { port: websocketPort } }) + PATIENT });
  await tellOnce(server.url, keys);
  const websocketUrl = `ws://127.0.0.1:${websocketPort}`;
  const open: NatsConnection[] = [];
  const kept = async (connecting: Promise<NatsConnection>) => {
    const nc = await connecting;
    open.push(nc);
    return nc;
  };
  const withCreds = (file: string, inboxPrefix: string) =>
    kept(connect({ servers: server.url, inboxPrefix, authenticator: credsAuthenticator(readFileSync(file)), maxReconnectAttempts: -1, reconnectTimeWait: 50, ignoreAuthErrorAbort: true }));
  const mint = (agentId: string, nkey: string) =>
    mintAgent({ agentId, nkey, expiresAt: new Date(Date.now() + HOUR_MS) }, trust.publicKeys.accounts.AGENTS, keys.agentSigners[0] as KeyPair);
  return {
    trust, keys, server, websocketUrl, mint,
    signIn: (role) => withCreds(trust.credsFiles[role], role === 'deployer' || role === 'steward' ? `_INBOX_${role}` : inboxPrefixOf(role)),
    signInForClaims: () => withCreds(keys.claimsCredsFile, inboxPrefixOf('auth')),
    signInAgent: async (agentId, { user = createKey('user'), jwt, byTcp = false, ...options } = {}) =>
      kept((byTcp ? connect : wsconnect)({
        servers: byTcp ? server.url : websocketUrl, inboxPrefix: subjects.agent.inbox(agentId), reconnect: false,
        authenticator: jwtAuthenticator(jwt ?? (await mint(agentId, user.getPublicKey())), user.getSeed()),
        ...options,
      })),
    stop: async () => {
      await Promise.all(open.map((nc) => nc.close()));
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
};

/** As auth does when it starts: until then no agent is let in. */
const tellOnce = async (url: string, keys: AuthKeys): Promise<void> => {
  const claims = await connect({ servers: url, inboxPrefix: inboxPrefixOf('auth'), authenticator: credsAuthenticator(readFileSync(keys.claimsCredsFile)) });
  await pushClaims(claims, keys);
  await claims.close();
};

/** One server for every spec file; agents' ids keep the tests apart. */
// oxlint-disable-next-line no-empty-pattern -- vitest finds a fixture's needs in this pattern
export const test = base.extend('trusted', { scope: 'file' }, async ({}, { onCleanup }): Promise<TrustedNats> => {
  const nats = await startTrustedNats();
  onCleanup(() => nats.stop());
  return nats;
});
