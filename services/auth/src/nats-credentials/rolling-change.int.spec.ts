import { subjects } from '@citrus/contracts';
import { createKey } from '@citrus/kit-crypto';
import { natsVersions } from '@citrus/kit-embedded';
import type { KeyPair } from '@nats-io/nkeys';
import { connect, jwtAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { eventually, test } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import { accountClaims } from './accounts.ts';
import { pushClaims } from './claims-pusher.ts';
import { claimsOf, mintAccount, mintAgent } from './jwt.ts';
import { startTrustedNats, type TrustedNats } from './trusted-nats.fixture.ts';

const IN_A_DAY = new Date(Date.now() + 86_400_000);

/** What the servers would hold of a release whose agents had one subscription less. */
const holdOlderRights = async (nats: TrustedNats, claims: NatsConnection): Promise<void> => {
  const { publicKeys, operatorSigning } = nats.keys;
  const wanted = accountClaims(publicKeys).AGENTS;
  const older = (wanted.signing_keys ?? []).map((key) => (typeof key === 'string' ? key : { ...key, template: { ...key.template, subs: 15 } }));
  await claims.request('$SYS.REQ.CLAIMS.UPDATE', await mintAccount('AGENTS', publicKeys.accounts.AGENTS, { ...wanted, signing_keys: older }, operatorSigning), { timeout: 30_000 });
};

const agentOf = async (nats: TrustedNats, signer: KeyPair, n: number, reconnect: boolean) => {
  const [agentId, user] = [`agent-0000000${n}`, createKey('user')];
  const jwt = await mintAgent({ agentId, nkey: user.getPublicKey(), expiresAt: IN_A_DAY }, nats.keys.publicKeys.accounts.AGENTS, signer);
  const signIn = () => connect({ servers: nats.server.url, reconnect, reconnectTimeWait: 50, ignoreAuthErrorAbort: true, inboxPrefix: subjects.agent.inbox(agentId), authenticator: jwtAuthenticator(jwt, user.getSeed()) });
  return { nkey: user.getPublicKey(), signIn, nc: await signIn() };
};

describe.each(await natsVersions())('nats-server $version', ({ binary }) => {
  test('T216. drops with a change of the agents’ rights one signing key’s agents at a time, who come back, and nobody else', { timeout: 60_000 }, async ({ onTestFinished }) => {
    const nats = await startTrustedNats({ binary });
    onTestFinished(() => nats.stop());
    const claims = await nats.signInForClaims();
    await holdOlderRights(nats, claims);
    const fleet: Awaited<ReturnType<typeof agentOf>>[] = [];
    for (const [n, signer] of nats.keys.agentSigners.entries()) fleet.push(await agentOf(nats, signer, n, true));
    onTestFinished(async () => void (await Promise.all(fleet.map(({ nc }) => nc.close()))));
    const drops = fleet.map(() => 0);
    for (const [n, { nc }] of fleet.entries()) {
      void (async () => {
        for await (const { type } of nc.status()) if (type === 'disconnect') drops[n] = (drops[n] ?? 0) + 1;
      })();
    }
    for (let round = 1; round <= fleet.length; round += 1) {
      const { pushed, isUnderWay } = await pushClaims(claims, nats.keys);
      expect(pushed).toEqual(['AGENTS']);
      expect(isUnderWay).toBe(round < fleet.length);
      await eventually(() => expect(drops.filter((count) => count > 0)).toHaveLength(round));
      for (const { nc } of fleet) await eventually(() => nc.rtt());
      expect(Math.max(...drops)).toBe(1);
    }
    expect((await pushClaims(claims, nats.keys)).pushed).toEqual([]);
    const held = (await claims.request(`$SYS.REQ.ACCOUNT.${nats.keys.publicKeys.accounts.AGENTS}.CLAIMS.LOOKUP`, '', { timeout: 30_000 })).string();
    expect(claimsOf(held).signing_keys).toHaveLength(fleet.length);
  });

  test('T212. puts out who is revoked, within a change that is under way too, and keeps everybody else', async ({ onTestFinished }) => {
    const nats = await startTrustedNats({ binary });
    onTestFinished(() => nats.stop());
    const claims = await nats.signInForClaims();
    await holdOlderRights(nats, claims);
    const [first, last] = [nats.keys.agentSigners[0], nats.keys.agentSigners.at(-1)] as [KeyPair, KeyPair];
    const [bad, good] = [await agentOf(nats, last, 1, false), await agentOf(nats, last, 2, false)];
    onTestFinished(async () => void (await Promise.all([good.nc.close(), bad.nc.close()])));
    expect(first.getPublicKey()).not.toBe(last.getPublicKey());
    const told = await pushClaims(claims, nats.keys, { AGENTS: { [bad.nkey]: Math.floor(Date.now() / 1000) + 600 } });
    expect(told).toEqual({ pushed: ['AGENTS'], isUnderWay: true });
    await bad.nc.closed();
    await expect(bad.signIn()).rejects.toThrow(/authorization/i);
    expect(good.nc.isClosed()).toBe(false);
    await good.nc.flush();
  });
});
