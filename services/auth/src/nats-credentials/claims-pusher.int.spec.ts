import { createKey } from '@citrus/kit-crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from '@citrus/kit-messaging';
import { eventually } from '@citrus/kit-testing';
import type { NatsConnection } from '@nats-io/transport-node';
import { describe, expect, vi } from 'vitest';
import { accountClaims } from './accounts.ts';
import { bootstrapTrust } from './bootstrap.ts';
import { pushClaims, startClaimsPusher } from './claims-pusher.ts';
import { mintAccount, saysTheSame } from './jwt.ts';
import { createRetired } from './retired.ts';
import { readRetired, retiredFile } from './trust-directory.ts';
import { startTrustedNats, test, type TrustedNats } from './trusted-nats.fixture.ts';

const userOf = (creds: string): string => {
  const jwt = /-----BEGIN NATS USER JWT-----\s+(\S+)/.exec(creds)?.[1] ?? '';
  return (JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }).sub;
};

const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const heldBy = async (nats: TrustedNats, claims: NatsConnection) => (await claims.request(`$SYS.REQ.ACCOUNT.${nats.trust.publicKeys.accounts.AGENTS}.CLAIMS.LOOKUP`, '', { timeout: 30_000 })).string();

/** AGENTS without a way to CONTROL, as an older or restored server might hold it. */
const wrongAgents = ({ keys: { publicKeys, operatorSigning } }: TrustedNats) =>
  mintAccount('AGENTS', publicKeys.accounts.AGENTS, { ...accountClaims(publicKeys).AGENTS, imports: [] }, operatorSigning);

describe('the claims pusher', () => {
  test('leaves accounts alone that say what they should', async ({ trusted: nats }) => {
    const claims = await nats.signInForClaims();
    const before = await heldBy(nats, claims);
    expect(await pushClaims(claims, nats.keys)).toEqual({ pushed: [], isUnderWay: false });
    expect(await heldBy(nats, claims)).toBe(before);
  });

  test('does not take a server that stands still for one that knows nothing', async ({ onTestFinished }) => {
    const nats = await startTrustedNats();
    onTestFinished(() => nats.stop());
    const claims = await nats.signInForClaims();
    const asked = vi.spyOn(claims, 'request');
    process.kill(nats.server.pid, 'SIGSTOP');
    const round = pushClaims(claims, nats.keys);
    await eventually(() => expect(asked).toHaveBeenCalledTimes(2));
    process.kill(nats.server.pid, 'SIGCONT');
    expect(await round).toEqual({ pushed: [], isUnderWay: false });
  });

  test('corrects an account that says something else', async ({ trusted: nats }) => {
    const claims = await nats.signInForClaims();
    await claims.request('$SYS.REQ.CLAIMS.UPDATE', await wrongAgents(nats), { timeout: 30_000 });
    expect((await pushClaims(claims, nats.keys)).pushed).toEqual(['AGENTS']);
    expect((await pushClaims(claims, nats.keys)).pushed).toEqual([]);
  });

  test('T214. corrects what a restarted server found in its directory', async ({ onTestFinished }) => {
    const nats = await startTrustedNats();
    onTestFinished(() => nats.stop());
    const rounds: number[] = [];
    const inTurn = async (work: () => Promise<void>) => {
      await work();
      rounds.push(rounds.length);
      return true;
    };
    const pusher = startClaimsPusher({ keys: nats.keys, connect: () => nats.signInForClaims(), inTurn, revoked: async () => ({}), rung: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())), hasNews: () => Promise.resolve(false), logger: quiet });
    await eventually(() => expect(rounds).toHaveLength(1));
    await nats.server.kill();
    const accountsDir = join(dirname(nats.server.configFile), 'accounts');
    await rm(accountsDir, { recursive: true });
    const wrong = await wrongAgents(nats);
    await nats.server.restart();
    const claims = await nats.signInForClaims();
    await claims.request('$SYS.REQ.CLAIMS.UPDATE', wrong, { timeout: 30_000 });
    await writeFile(join(accountsDir, `${nats.trust.publicKeys.accounts.AGENTS}.jwt`), wrong);
    await nats.server.kill();
    await nats.server.restart();
    await eventually(async () => {
      expect(rounds.length).toBeGreaterThan(1);
      // A question on a connection that is not back yet is lost at the next dial; a flush is refused then, and tried again.
      await claims.flush();
      expect(saysTheSame(await heldBy(nats, claims), accountClaims(nats.keys.publicKeys).AGENTS)).toBe(true);
    }, { timeoutMs: 20_000 });
    expect((await pushClaims(claims, nats.keys)).pushed).toEqual([]);
    await pusher.stop();
  });

  test('T841. puts out a program’s old credential that was retired, and lets its new one in', async ({ onTestFinished }) => {
    const nats = await startTrustedNats();
    onTestFinished(() => nats.stop());
    const old = await nats.signIn('metrics');
    const oldKey = userOf(await readFile(nats.trust.credsFiles.metrics, 'utf8'));
    await rm(nats.trust.credsFiles.metrics);
    await bootstrapTrust({ dir: nats.trust.dir });
    await writeFile(join(nats.keys.dir, 'retired.json'), JSON.stringify({ [oldKey]: Math.floor(Date.now() / 1000) }));
    const ended = (async () => {
      for await (const { type } of old.status()) if (type === 'disconnect') return;
    })();
    await pushClaims(await nats.signInForClaims(), nats.keys, { CONTROL: await readRetired(nats.keys) });
    await ended;
    expect((await nats.signIn('metrics')).isClosed()).toBe(false);
    await writeFile(join(nats.keys.dir, 'retired.json'), '{"not a key": 1}');
    await expect(readRetired(nats.keys)).rejects.toThrow(/retired\.json must be/);
  });

  test('T841. goes on revoking agents while the list of our own retired credentials is broken', async ({ onTestFinished }) => {
    const nats = await startTrustedNats();
    onTestFinished(() => nats.stop());
    const claims = await nats.signInForClaims();
    const retired = createRetired(nats.keys, quiet);
    const [ours, agent] = [createKey('user').getPublicKey(), createKey('user')];
    const revoked = { [agent.getPublicKey()]: Math.floor(Date.now() / 1000) + 600 };
    const tell = async () => pushClaims(claims, nats.keys, { AGENTS: revoked, ...(await retired.read()) });
    await writeFile(retiredFile(nats.keys.dir), '{');
    const put = await nats.signInAgent('agent-00000001', { user: agent, byTcp: true });
    // Nothing was read yet: CONTROL stays, agents are told.
    expect((await tell()).pushed).toEqual(['AGENTS']);
    await put.closed();
    expect(await retired.problem()).toMatch(/retired\.json must be .* agents are revoked as ever/);
    await writeFile(retiredFile(nats.keys.dir), JSON.stringify({ [ours]: 1 }));
    expect((await tell()).pushed).toEqual(['CONTROL']);
    expect(await retired.problem()).toBeUndefined();
    // Broken again: what it said before counts, nobody who was put out comes back.
    await writeFile(retiredFile(nats.keys.dir), '{"not a key": 1}');
    expect(await retired.read()).toEqual({ CONTROL: { [ours]: 1 } });
    expect((await tell()).pushed).toEqual([]);
  });
});
