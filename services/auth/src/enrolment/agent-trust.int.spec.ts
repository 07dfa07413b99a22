import { AgentId, enrolmentProof, issueEnrolment, listAgentTrust, ProjectId, readLogOf, redeemEnrolment, renewAgentCredential, renewalProof, reportAgentClone, revokeAgents, ServerId } from '@citrus/contracts';
import { createKey } from '@citrus/kit-crypto';
import { newId } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import type { KeyPair } from '@nats-io/nkeys';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { ADMIN, test, type AuthUnderTest } from '../auth-service.fixture.ts';

const address = '203.0.113.9';
const projectId = ProjectId.parse(ADMIN.projectId);
const refusedAs = (code: string) => expect.objectContaining({ code });
const signed = (user: KeyPair, text: string) => Buffer.from(user.sign(Buffer.from(text))).toString('base64url');
const now = () => new Date().toISOString();

const fleetOf = async (auth: AuthUnderTest) => {
  const [provisioning, hub, agentMgmt] = await Promise.all([auth.as('provisioning'), auth.as('hub'), auth.as('agent-mgmt')]);
  const { accessToken: token } = (await auth.login()) as { accessToken: string };
  const order = () => ({ serverId: ServerId.parse(newId()), projectId, agentId: AgentId.parse(`agent-${newId().slice(-12)}x`), attempt: 1, expiresAt: new Date(Date.now() + 600_000).toISOString() });
  const enrol = async (one: ReturnType<typeof order>, user = createKey('user')) => {
    const { serverId, agentId, attempt, expiresAt } = one;
    const { token: oneTime } = await provisioning.call(issueEnrolment, { serverId, projectId, agentId, attempt, expiresAt });
    const keys = { nkey: user.getPublicKey(), boxKey: 'b'.repeat(43) };
    const at = now();
    const credential = await hub.call(redeemEnrolment, { token: oneTime, keys, at, signature: signed(user, enrolmentProof(oneTime, keys, at)), address });
    return { ...one, user, jwt: credential.natsJwt, token: oneTime };
  };
  type Agent = Awaited<ReturnType<typeof enrol>>;
  const connect = ({ agentId, user, jwt }: Agent) => auth.trusted.signInAgent(agentId, { user, jwt, byTcp: true });
  const isRefused = async (agent: Agent) => expect((await connect(agent).then(() => 'let in', (error: Error) => error.message))).toMatch(/authorization/i);
  const renew = ({ agentId, user }: Agent) => {
    const at = now();
    return hub.call(renewAgentCredential, { agentId, nkey: user.getPublicKey(), at, signature: signed(user, renewalProof(agentId, user.getPublicKey(), at)), address });
  };
  const revoke = (agents: readonly Agent[]) => eventually(() => hub.call(revokeAgents, { projectId, agentIds: agents.map(({ agentId }) => agentId), reason: 'a test' }, { token }));
  const trustOf = async ({ serverId }: Agent) => (await hub.call(listAgentTrust, { projectId, serverId, limit: 10 }, { token })).items[0];
  const factsOf = async ({ serverId }: Agent) => (await agentMgmt.call(readLogOf('auth'), { after: 0, limit: 1000 })).events.filter(({ stream }) => stream === `enrolment-${serverId}`).map(({ type }) => type);
  return { order, enrol, connect, isRefused, renew, revoke, trustOf, factsOf, hub, token };
};

describe('a revoked agent', () => {
  test('T212. is put out, stays out, and gets no other credential; others stay in', async ({ auth }) => {
    const fleet = await fleetOf(auth);
    const [bad, good] = [await fleet.enrol(fleet.order()), await fleet.enrol(fleet.order())];
    const [gone, stays] = [await fleet.connect(bad), await fleet.connect(good)];
    await fleet.revoke([bad, bad]);
    await gone.closed();
    await fleet.isRefused(bad);
    await expect(fleet.renew(bad)).rejects.toEqual(refusedAs('agent.revoked'));
    await expect(fleet.enrol(bad, bad.user)).rejects.toEqual(refusedAs('enrolment.closed'));
    expect(stays.isClosed()).toBe(false);
    await eventually(async () => expect(await fleet.trustOf(bad)).toMatchObject({ status: 'revoked', revokeReason: 'a test' }));
    await fleet.revoke([bad]);
    expect(await fleet.factsOf(bad)).toEqual(['EnrolmentIssued', 'AgentEnrolled', 'AgentRevoked']);
  });

  test('makes room at once for the next attempt, with other keys only', async ({ auth }) => {
    const fleet = await fleetOf(auth);
    const old = await fleet.enrol(fleet.order());
    const before = await fleet.connect(old);
    // In the same second: the old key must not come back, the new one must not be locked out.
    const next = { ...old, attempt: 2 };
    await expect(fleet.enrol(next, old.user)).rejects.toEqual(refusedAs('agent.key_revoked'));
    const successor = await fleet.enrol(next);
    const after = await fleet.connect(successor);
    await before.closed();
    await fleet.isRefused(old);
    expect(after.isClosed()).toBe(false);
    await fleet.connect(successor);
    expect(await fleet.factsOf(old)).toEqual(['EnrolmentIssued', 'AgentEnrolled', 'AgentRevoked', 'EnrolmentIssued', 'AgentEnrolled']);
  });

  test('T213. stays out when two replicas revoke at once and the broker loses its directory under them', { timeout: 120_000 }, async ({ auth }) => {
    const fleet = await fleetOf(auth);
    await auth.start();
    const agents = await Promise.all(Array.from({ length: 6 }, () => fleet.enrol(fleet.order())));
    const [keep, ...bad] = agents as [(typeof agents)[number], ...typeof agents];
    await fleet.connect(keep);
    const letIn: string[] = [];
    await Promise.all(bad.map((agent) => fleet.revoke([agent])));
    for (const agent of bad) await eventually(() => fleet.isRefused(agent));
    for (let round = 0; round < 2; round += 1) {
      await auth.trusted.server.kill();
      await rm(join(dirname(auth.trusted.server.configFile), 'accounts'), { recursive: true });
      await auth.trusted.server.restart();
      // They knock all the time; a server that knows nothing yet must not open.
      const knock = async (agent: (typeof agents)[number]) => {
        const nc = await fleet.connect(agent).catch(() => undefined);
        if (nc) letIn.push(agent.agentId);
      };
      const back = new AbortController();
      const knocking = Promise.all(bad.slice(0, 3).map(async (agent) => {
        for (; !back.signal.aborted; await pause(40)) await knock(agent);
      }));
      await eventually(() => fleet.connect(keep), { timeoutMs: 30_000 });
      back.abort();
      await knocking;
      for (const agent of bad) await fleet.isRefused(agent);
    }
    expect(letIn).toEqual([]);
  });

  test('T405. is only of the project that asks, and all or none', async ({ auth }) => {
    const fleet = await fleetOf(auth);
    const mine = await fleet.enrol(fleet.order());
    await eventually(async () => expect(await fleet.trustOf(mine)).toMatchObject({ status: 'enrolled' }));
    const wrong = fleet.hub.call(revokeAgents, { projectId, agentIds: [mine.agentId, AgentId.parse('agent-of-others')], reason: 'x' }, { token: fleet.token });
    await expect(wrong).rejects.toEqual(refusedAs('agent.unknown'));
    expect(await fleet.trustOf(mine)).toMatchObject({ status: 'enrolled' });
    await expect(fleet.hub.call(revokeAgents, { projectId: ProjectId.parse(newId()), agentIds: [mine.agentId], reason: 'x' }, { token: fleet.token })).rejects.toEqual(refusedAs('project.not_a_member'));
  });
});

describe('a clone', () => {
  test('T110. is put down once an hour, and shown', async ({ auth }) => {
    const fleet = await fleetOf(auth);
    const agent = await fleet.enrol(fleet.order());
    const seen = { agentId: agent.agentId, nkey: agent.user.getPublicKey(), sessions: [{ address, since: now() }, { address: '198.51.100.2', since: now() }] };
    await eventually(async () => {
      await Promise.all([fleet.hub.call(reportAgentClone, seen), fleet.hub.call(reportAgentClone, seen)]);
      expect(await fleet.factsOf(agent)).toEqual(['EnrolmentIssued', 'AgentEnrolled', 'AgentCloneSuspected']);
    });
    await fleet.hub.call(reportAgentClone, { ...seen, nkey: createKey('user').getPublicKey() });
    expect(await fleet.factsOf(agent)).toHaveLength(3);
    await eventually(async () => expect((await fleet.trustOf(agent))?.cloneSuspectedAt).not.toBeNull());
  });
});
