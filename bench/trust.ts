/**
 * Trust in agents: credentials minted on one core, beside the pure-JavaScript nkeys; enrolments through the whole path
 * (HTTP, hub, auth, log, answer); and from a person's request that revokes agents to the end of their connections.
 */
import { loadavg } from 'node:os';
import { createKey, mintAgent } from '@citrus/auth';
import { fromPublic, fromSeed } from '@nats-io/nkeys';
import { encodeUser } from '@nats-io/jwt';
import { inRounds, type Figure, type Part } from './measure.ts';
import { measureFleet } from './trust-fleet.ts';
import { startSite } from './trust-site.ts';

const MINT_FOR_MS = 2500;

const perSecond = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  let done = 0;
  for (; performance.now() - startedAt < MINT_FOR_MS; done += 1) await work();
  return (done * 1000) / (performance.now() - startedAt);
};

const minting = (): Promise<Figure> => {
  const [signer, account, nkey] = [createKey('account'), createKey('account').getPublicKey(), createKey('user').getPublicKey()];
  const [slowSigner, slowAccount, slowUser] = [fromSeed(signer.getSeed()), fromPublic(account), fromPublic(nkey)];
  const expiresAt = new Date(Date.now() + 86_400_000);
  return inRounds('agents’ credentials minted on one core', 'credentials/s', {
    ours: () => perSecond(() => mintAgent({ agentId: 'agent-bench', nkey, expiresAt }, account, signer)),
    peer: () => perSecond(() => encodeUser('agent-bench', slowUser, slowAccount, {}, { signer: slowSigner, scopedUser: true, exp: Math.floor(expiresAt.getTime() / 1000) })),
    peerName: 'pure-JavaScript nkeys',
  });
};

export const benchTrust = async (part?: string): Promise<Part> => {
  const load = Number((loadavg()[0] ?? NaN).toFixed(1));
  const minted = await minting();
  const rows = [minted, { name: 'load average before', unit: '', ours: load }];
  const metrics = { mint_per_s: minted.ours, mint_vs_nkeys: minted.ratio, load };
  if (part === 'mint') return { rows, metrics };
  const site = await startSite();
  try {
    const { agents, revoked, enrolPerSecond, enrolP99Ms, enrolCpuMs, revokeP50Ms, revokeP99Ms } = await measureFleet(site);
    const dropped = `request that revokes ${revoked} to dropped, ${agents} connected`;
    return {
      rows: [
        ...rows,
        { name: 'enrolments, HTTP to answer', unit: 'enrolments/s', ours: enrolPerSecond },
        { name: 'an enrolment, p99', unit: 'ms', ours: enrolP99Ms },
        { name: 'an enrolment, processor time of hub, auth and agent-mgmt', unit: 'ms', ours: enrolCpuMs },
        { name: `${dropped}, p50`, unit: 'ms', ours: revokeP50Ms },
        { name: `${dropped}, p99`, unit: 'ms', ours: revokeP99Ms },
      ],
      metrics: { ...metrics, enrol_per_s: enrolPerSecond, enrol_p99_ms: enrolP99Ms, enrol_cpu_ms: enrolCpuMs, revoke_p50_ms: revokeP50Ms, revoke_p99_ms: revokeP99Ms },
    };
  } finally {
    await site.stop();
  }
};
