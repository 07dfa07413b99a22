/** A nats-server of a given version where a witness in every account hears each message, so that tests can say what did not happen. For tests. */
import { createKey, keyFromPublic } from '@citrus/kit-crypto';
import { deployStreams } from '@citrus/kit-messaging';
import { jetstreamManager } from '@nats-io/jetstream';
import type { MsgHdrs, NatsConnection } from '@nats-io/nats-core';
import { connect, jwtAuthenticator } from '@nats-io/transport-node';
import { encodeUser } from '@nats-io/jwt';
import { ACCOUNT_NAMES, accountClaims, type AccountName } from './accounts.ts';
import { mintAccount } from './jwt.ts';
import { startTrustedNats, type TrustedNats } from './trusted-nats.fixture.ts';

export type Heard = { readonly account: AccountName; readonly subject: string; readonly reply: string; readonly text: string; readonly headers: MsgHdrs | undefined };
export type WatchedNats = TrustedNats & {
  /** What was said in any account since `forget`, without the broker's own advisories and statistics. */
  readonly heard: () => Promise<readonly Heard[]>;
  readonly forget: () => Promise<void>;
  /** Every stream with its messages and settings, and its consumers. */
  readonly streams: () => Promise<unknown>;
  stop(): Promise<void>;
};

/** A witness's signing key is added to the account; nobody else's rights change. */
const letWitnessIn = async (nats: TrustedNats, claims: NatsConnection, account: AccountName): Promise<NatsConnection> => {
  const { publicKeys, operatorSigning } = nats.keys;
  const [signer, user] = [createKey('account'), createKey('user')];
  const said = accountClaims(publicKeys)[account];
  const scope = { kind: 'user_scope' as const, key: signer.getPublicKey(), role: 'witness', template: { pub: { allow: ['$JS.API.>'] }, sub: { allow: ['>'] }, subs: -1, data: -1, payload: -1, allowed_connection_types: ['STANDARD' as const] } };
  await claims.request('$SYS.REQ.CLAIMS.UPDATE', await mintAccount(account, publicKeys.accounts[account], { ...said, signing_keys: [...(said.signing_keys ?? []), scope] }, operatorSigning), { timeout: 30_000 });
  const jwt = await encodeUser('witness', keyFromPublic(user.getPublicKey()), keyFromPublic(publicKeys.accounts[account]), {}, { signer, scopedUser: true });
  return connect({ servers: nats.server.url, authenticator: jwtAuthenticator(jwt, user.getSeed()) });
};

const NOISE = /^\$SYS\.(SERVER|ACCOUNT)\.|^\$JS\.EVENT\.|^_INBOX\./;

export const startWatchedNats = async (binary: string): Promise<WatchedNats> => {
  const nats = await startTrustedNats({ binary });
  const claims = await nats.signInForClaims();
  const witnesses = await Promise.all(ACCOUNT_NAMES.map(async (account) => ({ account, nc: await letWitnessIn(nats, claims, account) })));
  const deployer = await nats.signIn('deployer');
  await deployStreams(deployer);
  await deployer.close();
  let heard: Heard[] = [];
  // The witness's own questions are not worth telling.
  let isAsking = false;
  for (const { account, nc } of witnesses) {
    nc.subscribe('>', { callback: (_error, { subject, reply = '', headers, data }) => {
      if (!isAsking && !NOISE.test(subject)) heard.push({ account, subject, reply, headers, text: Buffer.from(data).toString() });
    } });
  }
  const settle = async () => void (await Promise.all(witnesses.map(({ nc }) => nc.flush())));
  const control = witnesses.find(({ account }) => account === 'CONTROL')?.nc as NatsConnection;
  await settle();
  return {
    ...nats,
    heard: async () => {
      await settle();
      return heard;
    },
    forget: async () => {
      await settle();
      heard = [];
    },
    streams: async () => {
      await settle();
      isAsking = true;
      const manager = await jetstreamManager(control);
      const told = [];
      for await (const { config, state } of manager.streams.list()) {
        const consumers = [];
        for await (const { name } of manager.consumers.list(config.name)) consumers.push(name);
        told.push({ config, messages: state.messages, last: state.last_seq, deleted: state.num_deleted ?? 0, consumers });
      }
      await settle();
      isAsking = false;
      return told;
    },
    stop: async () => {
      await Promise.all(witnesses.map(({ nc }) => nc.close()));
      await nats.stop();
    },
  };
};
