import { AgentId, enrolmentProof, issueEnrolment, ProjectId, readLogOf, redeemEnrolment, renewAgentCredential, renewalProof, ServerId, subjects, type AgentKeys } from '@citrus/contracts';
import { createKey } from '@citrus/kit-crypto';
import { newId } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import type { KeyPair } from '@nats-io/nkeys';
import { PermissionViolationError } from '@nats-io/nats-core';
import { describe, expect } from 'vitest';
import { ADMIN, test, type AuthUnderTest } from '../auth-service.fixture.ts';

const address = '203.0.113.9';
const refusedAs = (code: string) => expect.objectContaining({ code });
const signed = (user: KeyPair, text: string) => Buffer.from(user.sign(Buffer.from(text))).toString('base64url');
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

type Request = { user: KeyPair; token?: string; at?: string; boxKey?: string };

const prepare = async (auth: AuthUnderTest) => {
  const [provisioning, hub] = await Promise.all([auth.as('provisioning'), auth.as('hub')]);
  const order = { serverId: ServerId.parse(newId()), projectId: ProjectId.parse(ADMIN.projectId), agentId: AgentId.parse(`agent-${newId().slice(-12)}x`), attempt: 1, expiresAt: inMs(600_000) };
  const issue = async (more: Partial<typeof order> = {}) => (await provisioning.call(issueEnrolment, { ...order, ...more })).token;
  const token = await issue();
  const enrol = ({ user, token: other, at = inMs(0), boxKey = 'b'.repeat(43) }: Request) => {
    const keys: AgentKeys = { nkey: user.getPublicKey(), boxKey };
    const held = other ?? token;
    return hub.call(redeemEnrolment, { token: held, keys, at, signature: signed(user, enrolmentProof(held, keys, at)), address });
  };
  const renew = ({ user, at = inMs(0), agentId = order.agentId }: { user: KeyPair; at?: string; agentId?: AgentId }) =>
    hub.call(renewAgentCredential, { agentId, nkey: user.getPublicKey(), at, signature: signed(user, renewalProof(agentId, user.getPublicKey(), at)), address });
  const eventsOf = async (type: string) => (await (await auth.as('agent-mgmt')).call(readLogOf('auth'), { after: 0, limit: 1000, types: [type] })).events;
  return { order, token, issue, enrol, renew, eventsOf, hub };
};

describe('a token', () => {
  test('is the same for the same server and attempt, and another for the next', async ({ auth }) => {
    const { issue, token, eventsOf } = await prepare(auth);
    expect(await issue()).toBe(token);
    expect(await issue({ attempt: 2 })).not.toBe(token);
    const issued = await eventsOf('EnrolmentIssued');
    expect(issued).toHaveLength(2);
    expect(JSON.stringify(issued)).not.toContain(token.split('.')[1]);
  });

  test('is not for everybody to ask', async ({ auth }) => {
    const { order } = await prepare(auth);
    await expect((await auth.as('metrics')).call(issueEnrolment, order)).rejects.toThrow();
  });
});

describe('an agent', () => {
  test('enrols and gets in, and no further than it may', async ({ auth, trusted }) => {
    const { order, enrol, eventsOf } = await prepare(auth);
    const user = createKey('user');
    const credential = await enrol({ user });
    expect(credential).toMatchObject({ agentId: order.agentId, serverId: order.serverId, natsUrls: [trusted.websocketUrl] });
    const hours = (Date.parse(credential.expiresAt) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(19);
    expect(hours).toBeLessThan(29);

    const agent = await trusted.signInAgent(order.agentId, { user, jwt: credential.natsJwt });
    const agentMgmt = await trusted.signIn('agent-mgmt');
    agentMgmt.subscribe(subjects.everyAgent.sync, { callback: (_error, message) => void message.respond(message.subject) });
    await agentMgmt.flush();
    expect((await agent.request(subjects.agent.sync(order.agentId), '', { timeout: 30_000 })).string()).toBe(subjects.agent.sync(order.agentId));
    const refusals: string[] = [];
    void (async () => {
      for await (const status of agent.status()) if (status.type === 'error' && status.error instanceof PermissionViolationError) refusals.push(status.error.subject);
    })();
    agent.publish(subjects.agent.sync('agent-other'));
    await eventually(() => expect(refusals).toEqual(['agent.agent-other.sync']));

    const [event] = await eventsOf('AgentEnrolled');
    expect(event).toMatchObject({ stream: `enrolment-${order.serverId}`, projectId: order.projectId, actor: { kind: 'agent', id: order.agentId }, data: { agentId: order.agentId, serverId: order.serverId, projectId: order.projectId, attempt: 1, keys: { nkey: user.getPublicKey() } } });
  });

  test('gets the answer again with the same keys, when the first one was lost', async ({ auth }) => {
    const { enrol, eventsOf } = await prepare(auth);
    const user = createKey('user');
    await Promise.all([enrol({ user }), enrol({ user })]);
    await enrol({ user });
    expect(await eventsOf('AgentEnrolled')).toHaveLength(1);
  });

  test('T861. with other keys is refused with an alert, and the first keeps its place', async ({ auth }) => {
    const { order, enrol, renew, eventsOf } = await prepare(auth);
    const [first, thief] = [createKey('user'), createKey('user')];
    await enrol({ user: first });
    for (let attempt = 0; attempt < 2; attempt += 1) await expect(enrol({ user: thief })).rejects.toEqual(refusedAs('enrolment.used'));
    expect((await eventsOf('EnrolmentRefused')).map(({ data, projectId }) => ({ data, projectId }))).toEqual([
      { projectId: order.projectId, data: expect.objectContaining({ serverId: order.serverId, nkey: thief.getPublicKey(), address }) },
    ]);
    await enrol({ user: first });
    await eventually(() => renew({ user: first }));
    await expect(renew({ user: thief })).rejects.toEqual(refusedAs('agent.other_key'));
  });

  test('T862. is one of two thieves at most, when they come at the same time', async ({ auth }) => {
    const { enrol } = await prepare(auth);
    const outcomes = await Promise.allSettled([enrol({ user: createKey('user') }), enrol({ user: createKey('user') })]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  test('T609. does not get in with a token that expired, is unknown or was followed by a newer one', async ({ auth }) => {
    const { order, token, issue, enrol } = await prepare(auth);
    const user = createKey('user');
    await expect(enrol({ user, token: `${order.serverId}.${'x'.repeat(43)}` })).rejects.toEqual(refusedAs('enrolment.unknown_token'));
    await expect(enrol({ user, token: `${newId()}.${'x'.repeat(43)}` })).rejects.toEqual(refusedAs('enrolment.unknown_token'));
    await expect(enrol({ user, token: 'not a token of ours' })).rejects.toEqual(refusedAs('enrolment.unknown_token'));
    const second = await issue({ attempt: 2, expiresAt: inMs(-1000) });
    await expect(enrol({ user, token })).rejects.toEqual(refusedAs('enrolment.unknown_token'));
    await expect(enrol({ user, token: second })).rejects.toEqual(refusedAs('enrolment.expired'));
  });

  test('T609. must hold the key that it names, and have the time right', async ({ auth }) => {
    const { token, enrol, hub } = await prepare(auth);
    const [user, other] = [createKey('user'), createKey('user')];
    const keys = { nkey: user.getPublicKey(), boxKey: 'b'.repeat(43) };
    const at = inMs(0);
    const forged = hub.call(redeemEnrolment, { token, keys, at, signature: signed(other, enrolmentProof(token, keys, at)), address });
    await expect(forged).rejects.toEqual(refusedAs('agent.bad_proof'));
    const broken = hub.call(redeemEnrolment, { token, keys: { ...keys, nkey: `U${'A'.repeat(55)}` }, at, signature: signed(user, 'x'), address });
    await expect(broken).rejects.toEqual(refusedAs('agent.bad_proof'));
    await expect(enrol({ user, at: inMs(-130_000) })).rejects.toThrow(/clock is 1\d\d s behind ours/);
    await expect(enrol({ user, at: inMs(130_000) })).rejects.toEqual(refusedAs('agent.clock_offset'));
    await enrol({ user, at: inMs(-110_000) });
  });
});

describe('a renewal', () => {
  test('gives a credential that gets in', async ({ auth, trusted }) => {
    const { order, enrol, renew } = await prepare(auth);
    const user = createKey('user');
    await enrol({ user });
    const { natsJwt } = await eventually(() => renew({ user }));
    await trusted.signInAgent(order.agentId, { user, jwt: natsJwt });
  });

  test('T215. is refused to a stranger, and to the agent of an attempt that is over', async ({ auth }) => {
    const { order, issue, enrol, renew } = await prepare(auth);
    const user = createKey('user');
    await expect(renew({ user, agentId: AgentId.parse('agent-unheard-of') })).rejects.toEqual(refusedAs('agent.unknown'));
    await enrol({ user });
    await eventually(() => renew({ user }));
    await issue({ attempt: 2, agentId: AgentId.parse(`${order.agentId}-2`) });
    await eventually(() => expect(renew({ user })).rejects.toEqual(refusedAs('agent.unknown')));
  });
});
