import { AGENT_RIGHTS, AgentId, defineRequest, ProjectId, subjects, syncAgent, type AuditEntry } from '@citrus/contracts';
import { ContractViolation, Forbidden, NotFound, Refusal, Unauthenticated, Unavailable } from '@citrus/kit-domain';
import { eventually, somebody, test as base } from '@citrus/kit-testing';
import { AckPolicy, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { connectNats, createRequests, OnRequest, RequestServer, type Observed, type RequestContext } from './index.ts';

const PROJECT = ProjectId.parse('11111111-1111-4111-8111-111111111111');
const FOREIGN = ProjectId.parse('22222222-2222-4222-8222-222222222222');
const AGENT = AgentId.parse('agent-under-test');
const operator = somebody({ memberships: [{ projectId: PROJECT, role: 'operator' }] });

const echo = defineRequest({ subject: 'rpc.auth.test.echo', input: z.strictObject({ id: z.string(), type: z.string(), data: z.unknown() }), reply: z.object({ id: z.string(), type: z.string(), data: z.unknown() }), access: { by: 'anyone' } });
const change = defineRequest({ subject: 'rpc.auth.test.change', input: z.strictObject({ projectId: ProjectId, how: z.enum(['well', 'refused', 'unknown', 'broken', 'wordy']) }), reply: z.object({ userId: z.string() }), access: { by: 'member', role: 'operator' } });
const own = defineRequest({ subject: 'rpc.auth.test.own', input: z.strictObject({ projectId: ProjectId }), reply: z.object({}), access: { by: 'member', role: 'owner' } });
const slow = defineRequest({ subject: 'rpc.auth.test.slow', input: z.strictObject({}), reply: z.object({ done: z.boolean() }), access: { by: 'anyone' } });

const gate = { open: () => undefined as void, opened: Promise.resolve() };

@Controller()
class TestController {
  @OnRequest(echo)
  async echo(input: z.infer<typeof echo.input>) {
    return { id: input.id, type: input.type, data: input.data };
  }

  @OnRequest(change)
  async change({ how }: z.infer<typeof change.input>, { caller }: RequestContext) {
    if (how === 'refused') throw new Refusal('thing.busy', 'The thing is busy.');
    if (how === 'unknown') throw new NotFound('thing.unknown', 'There is no such thing.');
    if (how === 'broken') throw new TypeError('the secret is 42');
    if (how === 'wordy') throw new Refusal('thing.wordy', 'x'.repeat(2_000_000), Array.from({ length: 20_000 }, (_, n) => ({ path: `field ${n}`, message: 'y'.repeat(100) })));
    return { userId: caller?.userId ?? '' };
  }

  @OnRequest(own)
  async own() {
    return {};
  }

  @OnRequest(slow)
  async slow() {
    await gate.opened;
    return { done: true };
  }

  @OnRequest(syncAgent)
  async sync(_input: z.infer<typeof syncAgent.input>, { agentId }: RequestContext) {
    return { commands: [], serverTime: new Date(0).toISOString(), agentId };
  }
}

@Module({ controllers: [TestController] })
class TestModule {}

const test = base.extend('bus', async ({ nats }, { onCleanup }) => {
  const address = { url: nats.url, name: 'test', inboxPrefix: '_INBOX_test' };
  const [server, client] = await Promise.all([connectNats(address), connectNats(address)]);
  const observed: Observed[] = [];
  const strategy = new RequestServer({
    nats: server,
    observe: (one) => void observed.push(one),
    queue: 'auth',
    authenticate: async (token) => {
      if (token !== 'good') throw new Unauthenticated('The access token is not valid; sign in again.', 'session.invalid');
      return operator;
    },
  });
  const application = await NestFactory.createMicroservice(TestModule, { strategy, logger: false });
  await application.listen();
  await server.flush();
  onCleanup(async () => {
    await application.close();
    await Promise.all([server.close(), client.close()]);
  });
  return { requests: createRequests(client), client, strategy, application, observed };
});

const hello = { agentId: AGENT, sentAt: new Date(0).toISOString(), bootId: 'b', facts: { hostname: 'h', os: 'o', arch: 'x64', kernel: 'k', cpus: 1, memoryBytes: 1, addresses: [], systemd: true, agentVersion: '1', nodeVersion: '24' } };

describe('a request over NATS', () => {
  test('carries a body that looks like an event as it is', async ({ bus }) => {
    const body = { id: 'x', type: 'ServerRequested', data: { nested: true } };
    expect(await bus.requests.call(echo, body)).toEqual(body);
  });

  test('names each wrong field', async ({ bus }) => {
    const wrong = bus.requests.call(echo, { id: 1, type: 'x', data: 0, extra: 1 } as never);
    await expect(wrong).rejects.toBeInstanceOf(ContractViolation);
    await expect(wrong).rejects.toMatchObject({ fields: [{ path: 'id' }, { path: 'extra' }] });
  });

  test('refuses a body that is not JSON', async ({ bus }) => {
    const reply = await bus.client.request(echo.subject, '{oops', { timeout: 30_000 });
    expect(reply.headers?.get('Citrus-Problem')).toBe('1');
    expect(reply.json()).toMatchObject({ kind: 'violation' });
  });

  test('brings errors over as what they were, and our own bugs without detail', async ({ bus }) => {
    const ask = (how: 'refused' | 'unknown' | 'broken') => bus.requests.call(change, { projectId: PROJECT, how }, { token: 'good' });
    await expect(ask('refused')).rejects.toMatchObject({ name: 'Refusal', code: 'thing.busy' });
    await expect(ask('unknown')).rejects.toMatchObject({ name: 'NotFound', code: 'thing.unknown' });
    await expect(ask('broken')).rejects.not.toThrow(/42/);
  });

  test('T955. has an answer that the broker carries, however much there is to say', async ({ bus }) => {
    const wordy = bus.requests.call(change, { projectId: PROJECT, how: 'wordy' }, { token: 'good' });
    await expect(wordy).rejects.toMatchObject({ code: 'thing.wordy', fields: expect.arrayContaining([{ path: 'field 0', message: 'y'.repeat(100) }]) });
    const addresses = Array.from({ length: 60_000 }, () => 1);
    const reply = await bus.client.request(subjects.agent.sync(AGENT), JSON.stringify({ ...hello, facts: { ...hello.facts, addresses } }), { timeout: 30_000 });
    expect(reply.json()).toMatchObject({ kind: 'violation' });
  });

  test('T308. knows who asks and asks for the role in the project concerned', async ({ bus }) => {
    expect(await bus.requests.call(change, { projectId: PROJECT, how: 'well' }, { token: 'good' })).toEqual({ userId: operator.userId });
    await expect(bus.requests.call(change, { projectId: PROJECT, how: 'well' })).rejects.toBeInstanceOf(Unauthenticated);
    await expect(bus.requests.call(change, { projectId: PROJECT, how: 'well' }, { token: 'bad' })).rejects.toMatchObject({ code: 'session.invalid' });
    await expect(bus.requests.call(change, { projectId: FOREIGN, how: 'well' }, { token: 'good' })).rejects.toBeInstanceOf(Forbidden);
    await expect(bus.requests.call(own, { projectId: PROJECT }, { token: 'good' })).rejects.toMatchObject({ code: 'role.insufficient' });
  });

  test('is not held up by a slow one, and the slow one is finished before the server closes', async ({ bus }) => {
    gate.opened = new Promise((resolve) => (gate.open = resolve));
    const waiting = bus.requests.call(slow, {});
    await bus.requests.call(echo, { id: 'x', type: 'y', data: 0 });
    const closing = bus.application.close();
    gate.open();
    expect(await waiting).toEqual({ done: true });
    await closing;
  });

  test('finds nobody at a replica that is not ready, and finds it again', async ({ bus }) => {
    bus.strategy.setReady(false);
    await eventually(async () => {
      await expect(bus.requests.call(echo, { id: 'x', type: 'y', data: 0 })).rejects.toBeInstanceOf(Unavailable);
    });
    bus.strategy.setReady(true);
    await eventually(() => bus.requests.call(echo, { id: 'x', type: 'y', data: 0 }));
  });
});

describe('a request of an agent', () => {
  test('is known by its subject', async ({ bus }) => {
    const reply = await bus.client.request(subjects.agent.sync(AGENT), JSON.stringify(hello), { timeout: 30_000 });
    expect(reply.json()).toMatchObject({ agentId: AGENT });
    expect(AGENT_RIGHTS.publish).toContain(subjects.agent.sync('{{name()}}'));
  });

  test('T112. is refused and audited when its payload names another agent', async ({ bus }) => {
    const audited: AuditEntry[] = [];
    bus.client.subscribe(subjects.audit('auth'), { callback: (_error, message) => void audited.push(message.json()) });
    await bus.client.flush();
    const reply = await bus.client.request(subjects.agent.sync('agent-of-others'), JSON.stringify(hello), { timeout: 30_000 });
    expect(reply.json()).toMatchObject({ kind: 'forbidden', code: 'agent.impersonation' });
    await eventually(() => expect(audited).toMatchObject([{ outcome: 'refused', actor: { kind: 'agent', id: 'agent-of-others' } }]));
  });
});

describe('T312. a request that the broker delivers out of a stream', () => {
  test('is refused, whether JetStream marks it or keeps its own subject', async ({ bus }) => {
    const jsm = await jetstreamManager(bus.client);
    await jsm.streams.add({ name: 'OWN', subjects: ['own.*'], storage: StorageType.Memory, allow_direct: true });
    await bus.client.request('own.x', JSON.stringify({ id: '1', type: 't', data: {} }), { timeout: 30_000 });
    const outcomes = bus.observed.length;
    bus.client.publish('$JS.API.DIRECT.GET.OWN', JSON.stringify({ last_by_subj: 'own.x' }), { reply: echo.subject });
    await eventually(() => expect(bus.observed.slice(outcomes)).toMatchObject([{ subject: echo.subject, outcome: 'forbidden' }]));
    await jsm.consumers.add('OWN', { durable_name: 'pushed', deliver_subject: echo.subject, deliver_group: 'auth', ack_policy: AckPolicy.None });
    await eventually(() => expect(bus.observed.slice(outcomes)).toMatchObject([{ outcome: 'forbidden' }, { outcome: 'forbidden' }]));
    await jsm.streams.delete('OWN');
  });
});
