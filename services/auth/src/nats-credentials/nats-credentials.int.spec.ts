/** What everybody may and may not do on NATS, tried against a real server with the keys that the bootstrap made. */
import { eventually } from '@citrus/kit-testing';
import { AUDIT_STREAM, eventsStreamOf, HEARTBEATS_STREAM, LOGGED_SERVICES, LOGS_STREAM, ServiceName, STREAMS, subjects } from '@citrus/contracts';
import { createKey } from '@citrus/kit-crypto';
import { deployStreams } from '@citrus/kit-messaging';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { Msg, NatsConnection, Status } from '@nats-io/nats-core';
import { NoRespondersError, PermissionViolationError, RequestError } from '@nats-io/nats-core';
import { describe, expect } from 'vitest';
import { test, type TrustedNats } from './trusted-nats.fixture.ts';

const answer = (nc: NatsConnection, subject: string, reply: string | ((message: Msg) => string)) =>
  nc.subscribe(subject, { callback: (_error, message) => void message.respond(typeof reply === 'string' ? reply : reply(message)) });

const textsOf = (nc: NatsConnection, subject: string): string[] => {
  const texts: string[] = [];
  nc.subscribe(subject, { callback: (_error, message) => void texts.push(message.string()) });
  return texts;
};

/** What the server said no to on this connection, as `publish <subject>` and `subscription <subject>`. */
const refusalsOf = (nc: NatsConnection): string[] => {
  const refusals: string[] = [];
  const note = (status: Status) => {
    if (status.type === 'error' && status.error instanceof PermissionViolationError) refusals.push(`${status.error.operation} ${status.error.subject}`);
  };
  void (async () => {
    for await (const status of nc.status()) note(status);
  })();
  return refusals;
};

const refusesPublish = async (nc: NatsConnection, forbidden: readonly string[]) => {
  const refusals = refusalsOf(nc);
  for (const subject of forbidden) nc.publish(subject, '{}');
  await nc.flush();
  await eventually(() => expect(refusals).toEqual(forbidden.map((subject) => `publish ${subject}`)));
};

const refusesSubscribe = async (nc: NatsConnection, forbidden: readonly string[]) => {
  const refusals = refusalsOf(nc);
  for (const subject of forbidden) nc.subscribe(subject, { callback: () => undefined });
  await nc.flush();
  await eventually(() => expect(refusals).toEqual(forbidden.map((subject) => `subscription ${subject}`)));
};

const isNoResponders = (error: unknown) => error instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders());
const hasNoResponders = async (request: Promise<unknown>) => {
  const failure: unknown = await request.then(() => undefined, (error: unknown) => error);
  expect(failure).toSatisfy(isNoResponders);
};

const withStreams = async (nats: TrustedNats) => {
  const deployer = await nats.signIn('deployer');
  await deployStreams(deployer);
  await deployer.close();
};

describe('the services', () => {
  test('sign in, each with its own credentials', async ({ trusted: nats }) => {
    for (const service of ServiceName.options) expect((await nats.signIn(service)).isClosed()).toBe(false);
  });

  test('ask each other, and hear at once when nobody listens', async ({ trusted: nats }) => {
    const [hub, auth] = await Promise.all([nats.signIn('hub'), nats.signIn('auth')]);
    const subject = subjects.rpc('auth', 'user', 'me');
    await hasNoResponders(hub.request(subject, '', { timeout: 30_000 }));
    answer(auth, subject, 'me');
    await auth.flush();
    expect((await hub.request(subject, '', { timeout: 30_000 })).string()).toBe('me');
  });

  test('find the streams that the deploy step makes, and read what they may', async ({ trusted: nats }) => {
    await withStreams(nats);
    for (const service of LOGGED_SERVICES) {
      const owner = await nats.signIn(service);
      await jetstream(owner, { timeout: 5000 }).publish(subjects.event(service, 'thing-1', 'ThingHappened'), '{}');
      // The only one that reads every log.
      const reader = await nats.signIn('metrics');
      const consumer = await jetstream(reader).consumers.get(eventsStreamOf(service));
      const next = await consumer.next();
      expect(next?.subject).toBe(`evt.${service}.thing.1.ThingHappened`);
    }
    const names = [];
    for await (const name of (await jetstreamManager(await nats.signIn('deployer'))).streams.names()) names.push(name);
    expect(names.toSorted()).toEqual(STREAMS.map(({ name }) => name).toSorted());
  });

  test('T302. neither make nor change nor remove a stream, least of all with a republish', async ({ trusted: nats }) => {
    await withStreams(nats);
    for (const service of ServiceName.options) {
      const nc = await nats.signIn(service);
      const refusals = refusalsOf(nc);
      const streams = [...STREAMS.map(({ name }) => name), 'EVIL'];
      const forbidden = streams.flatMap((stream) => ['CREATE', 'UPDATE', 'DELETE', 'PURGE'].map((verb) => `$JS.API.STREAM.${verb}.${stream}`));
      for (const subject of forbidden) {
        const name = subject.split('.').at(-1);
        nc.publish(subject, JSON.stringify({ name, subjects: [`evil.${name}`], republish: { src: '>', dest: 'rpc.auth.internal.{{wildcard(1)}}' } }));
      }
      await nc.flush();
      await eventually(() => expect(refusals).toEqual(forbidden.map((subject) => `publish ${subject}`)));
    }
  });

  test('T305. ask the steward for their own stream only', async ({ trusted: nats }) => {
    for (const service of ServiceName.options) {
      const others = LOGGED_SERVICES.filter((log) => log !== service).map((log) => subjects.remakeStream(log));
      await refusesPublish(await nats.signIn(service), others);
    }
  });

  test('do no more than is listed', async ({ trusted: nats }) => {
    await refusesPublish(await nats.signIn('metrics'), [
      'agent.agent-0001.cmd', 'rpc.auth.internal.enrolment-issue', 'evt.auth.user.1.UserCreated', 'presence.agent-0001',
      '$JS.API.STREAM.PURGE.EVENTS_auth', '$JS.API.STREAM.DELETE.EVENTS_auth', '$SYS.REQ.CLAIMS.UPDATE', '_INBOX_hub.x',
      // A consumer may deliver to any subject; of heartbeats, whose text agents choose, that would be to speak as anybody.
      '$JS.API.CONSUMER.CREATE.HEARTBEATS.x', '$JS.API.CONSUMER.CREATE.LOGS.x',
    ]);
    await refusesPublish(await nats.signIn('provisioning'), ['rpc.auth.log.read', 'rpc.metrics.log.read', '$JS.API.CONSUMER.CREATE.EVENTS_auth.x']);
    await refusesPublish(await nats.signIn('provisioning'), ['agent.agent-0001.cmd', 'rpc.auth.session.login', 'evt.auth.user.1.UserCreated', `$JS.API.STREAM.DELETE.${LOGS_STREAM}`]);
    await refusesPublish(await nats.signIn('hub'), ['rpc.auth.internal.enrolment-issue', 'rpc.auth.log.read', 'rpc.provisioning.log.read', 'rpc.agent-mgmt.log.read', 'agent.agent-0001.cmd', 'evt.auth.user.1.UserCreated', '$JS.API.STREAM.DELETE.PRESENCE', '$JS.API.CONSUMER.CREATE.EVENTS_auth.x']);
    await refusesSubscribe(await nats.signIn('provisioning'), ['>', '_INBOX_hub.>', '_INBOX.>', 'rpc.auth.session.login', 'agent.*.sync', '$SYS.>']);
    await refusesSubscribe(await nats.signIn('auth'), ['agent.*.sync', 'rpc.hub.>', 'evt.>']);
  });

  test('T309. answer a request once, and only then may write to its reply subject', async ({ trusted: nats }) => {
    const [hub, metrics] = await Promise.all([nats.signIn('hub'), nats.signIn('metrics')]);
    const subject = subjects.rpc('metrics', 'server', 'samples');
    let replySubject = '';
    answer(metrics, subject, (message) => {
      replySubject = message.reply ?? '';
      return 'once';
    });
    await metrics.flush();
    expect((await hub.request(subject, '', { timeout: 30_000 })).string()).toBe('once');
    await refusesPublish(metrics, [replySubject]);
  });

  test('T310. do not reach the system account, except auth for claims', async ({ trusted: nats }) => {
    const claims = await nats.signInForClaims();
    expect((await claims.request(`$SYS.REQ.ACCOUNT.${nats.trust.publicKeys.accounts.AGENTS}.CLAIMS.LOOKUP`, '', { timeout: 30_000 })).string()).toContain('.');
    await refusesPublish(claims, ['$SYS.REQ.CLAIMS.DELETE', '$SYS.REQ.SERVER.PING.CONNZ', '$SYS.REQ.SERVER.PING.SHUTDOWN']);
    await refusesSubscribe(claims, ['$SYS.>', '$SYS.ACCOUNT.*.CONNECT']);
  });
});

describe('the deployer', () => {
  test('T316. makes streams and neither deletes nor reads one', async ({ trusted: nats }) => {
    await refusesPublish(await nats.signIn('deployer'), [`$JS.API.STREAM.DELETE.${LOGS_STREAM}`, `$JS.API.STREAM.PURGE.${LOGS_STREAM}`, `$JS.API.CONSUMER.CREATE.${LOGS_STREAM}.x`, `$JS.API.DIRECT.GET.${AUDIT_STREAM}`, 'evt.auth.user.1.UserCreated', 'rpc.auth.user.me']);
  });
});

describe('the steward', () => {
  test('T316. makes the streams of logs, and touches nothing else', async ({ trusted: nats }) => {
    await withStreams(nats);
    const steward = await nats.signIn('steward');
    const { streams } = await jetstreamManager(steward);
    const { config } = await streams.info('EVENTS_provisioning');
    await streams.delete('EVENTS_provisioning');
    await streams.add(config);
    await refusesPublish(steward, [
      `$JS.API.STREAM.CREATE.${LOGS_STREAM}`, `$JS.API.STREAM.UPDATE.${AUDIT_STREAM}`, '$JS.API.STREAM.CREATE.EVIL', '$JS.API.STREAM.PURGE.EVENTS_auth', '$JS.API.CONSUMER.CREATE.EVENTS_auth.x',
      '$JS.API.STREAM.MSG.GET.EVENTS_auth', '$JS.API.DIRECT.GET.EVENTS_auth', 'evt.auth.user.1.UserCreated', 'rpc.auth.user.me', 'agent.agent-0001.cmd',
    ]);
    await refusesSubscribe(await nats.signIn('steward'), ['>', 'evt.>', 'rpc.auth.>', '_INBOX_auth.>']);
  });
});

describe('an agent', () => {
  test('is asked and asks across accounts, and both sides hear at once when nobody is there', async ({ trusted: nats }) => {
    const agentMgmt = await nats.signIn('agent-mgmt');
    await hasNoResponders(agentMgmt.request(subjects.agent.command('agent-ask1'), 'run', { timeout: 30_000 }));
    const agent = await nats.signInAgent('agent-ask1');
    await hasNoResponders(agent.request(subjects.agent.report('agent-ask1', 'job-started'), '{}', { timeout: 30_000 }));

    answer(agent, subjects.agent.command('agent-ask1'), (message) => `did ${message.string()}`);
    const sync = answer(agentMgmt, subjects.everyAgent.sync, (message) => `hello ${message.subject}`);
    const report = answer(agentMgmt, subjects.everyAgent.report, 'noted');
    await Promise.all([agent.flush(), agentMgmt.flush()]);
    expect((await agentMgmt.request(subjects.agent.command('agent-ask1'), 'run', { timeout: 30_000 })).string()).toBe('did run');
    expect((await agent.request(subjects.agent.sync('agent-ask1'), '', { timeout: 30_000 })).string()).toBe('hello agent.agent-ask1.sync');
    expect((await agent.request(subjects.agent.report('agent-ask1', 'job-started'), '', { timeout: 30_000 })).string()).toBe('noted');
    await agent.close();
    await eventually(() => hasNoResponders(agentMgmt.request(subjects.agent.command('agent-ask1'), 'run')));
    sync.unsubscribe();
    report.unsubscribe();
  });

  test('stores its log and its beat in streams that it cannot name', async ({ trusted: nats }) => {
    await withStreams(nats);
    const agent = await nats.signInAgent('agent-logs');
    agent.publish(subjects.agent.log('agent-logs', 'job-1'), 'a line');
    agent.publish(subjects.agent.heartbeat('agent-logs'), 'beat');
    const manager = await jetstreamManager(await nats.signIn('hub'));
    for (const [stream, last] of [[LOGS_STREAM, 'agent.agent-logs.log.job-1'], [HEARTBEATS_STREAM, 'agent.agent-logs.heartbeat']] as const) {
      if (stream === HEARTBEATS_STREAM) await eventually(async () => expect((await manager.direct.getMessage(stream, { last_by_subj: last }))?.subject).toBe(last));
      else {
        const consumer = await jetstream(await nats.signIn('agent-mgmt')).consumers.get(stream, { filter_subjects: last });
        expect((await consumer.next())?.subject).toBe(last);
      }
    }
  });

  test('T101. neither hears nor speaks for another', async ({ trusted: nats }) => {
    await refusesPublish(await nats.signInAgent('agent-own1'), [
      'agent.agent-own2.report.job-finished', 'agent.agent-own2.log.job-1', 'agent.agent-own2.heartbeat', 'agent.agent-own2.sync', 'agent.agent-own1.cmd', 'agent.agent-own2.cmd',
      'agent.agent-own2.inbox.x', 'rpc.auth.session.login', 'evt.auth.user.1.UserCreated', '$JS.API.INFO', '$JS.API.STREAM.PURGE.LOGS', '$JS.ACK.LOGS.a.1.1.1.1.1', '$SYS.REQ.ACCOUNT.PING.CONNZ', 'audit.auth',
    ]);
    await refusesSubscribe(await nats.signInAgent('agent-own1'), ['agent.agent-own2.cmd', 'agent.agent-own2.inbox.>', 'agent.*.cmd', 'agent.>', '>', '_INBOX.>', 'agent.agent-own1.log.>', '$SYS.>', 'rpc.>']);
  });

  test('T103. answers a command once, and never another subject', async ({ trusted: nats }) => {
    const [agent, agentMgmt] = await Promise.all([nats.signInAgent('agent-once'), nats.signIn('agent-mgmt')]);
    let replySubject = '';
    answer(agent, subjects.agent.command('agent-once'), (message) => {
      replySubject = message.reply ?? '';
      return 'once';
    });
    await agent.flush();
    expect((await agentMgmt.request(subjects.agent.command('agent-once'), '', { timeout: 30_000 })).string()).toBe('once');
    await refusesPublish(agent, [replySubject]);
  });

  test('T108. is let in only with the key that its credential names', async ({ trusted: nats }) => {
    const jwt = await nats.mint('agent-key1', createKey('user').getPublicKey());
    await expect(nats.signInAgent('agent-key1', { jwt })).rejects.toThrow(/authorization/i);
  });

  test('T208. may not fill the server with subscriptions', async ({ trusted: nats }) => {
    const agent = await nats.signInAgent('agent-many');
    const errors: string[] = [];
    void (async () => {
      for await (const status of agent.status()) if (status.type === 'error') errors.push(status.error.message);
    })();
    for (let index = 0; index < 20; index += 1) agent.subscribe(`agent.agent-many.inbox.${index}`, { callback: () => undefined });
    await eventually(() => expect(errors.join()).toMatch(/maximum subscriptions exceeded/i));
  });
});

describe('the reply subject that an agent chooses', () => {
  test('T202. does not make JetStream purge a stream', async ({ trusted: nats }) => {
    await withStreams(nats);
    const manager = await jetstreamManager(await nats.signIn('provisioning'));
    await jetstream(await nats.signIn('provisioning')).publish('evt.provisioning.server.1.ServerRequested', '{}');
    const before = await manager.streams.info('EVENTS_provisioning');
    const agent = await nats.signInAgent('agent-evil');
    for (const target of ['EVENTS_provisioning', LOGS_STREAM]) {
      agent.publish(subjects.agent.log('agent-evil', 'job-1'), '', { reply: `$JS.API.STREAM.PURGE.${target}` });
      agent.publish(subjects.agent.heartbeat('agent-evil'), '', { reply: `$JS.API.STREAM.PURGE.${target}` });
    }
    agent.publish(subjects.agent.log('agent-evil', 'job-last'), 'after the attack');
    const logs = await jetstream(await nats.signIn('agent-mgmt')).consumers.get(LOGS_STREAM, { filter_subjects: 'agent.agent-evil.log.>' });
    expect((await logs.next())?.subject).toBe('agent.agent-evil.log.job-1');
    expect((await logs.next())?.subject).toBe('agent.agent-evil.log.job-1');
    expect((await logs.next())?.string()).toBe('after the attack');
    expect((await manager.streams.info('EVENTS_provisioning')).state).toMatchObject({ messages: before.state.messages, last_seq: before.state.last_seq });
  });

  test('T104. does not make JetStream store or send a report of another agent', async ({ trusted: nats }) => {
    await withStreams(nats);
    const agentMgmt = await nats.signIn('agent-mgmt');
    const heard = textsOf(agentMgmt, 'agent.agent-evi3.report.>');
    const stored = await jetstream(agentMgmt).consumers.get(LOGS_STREAM, { filter_subjects: 'agent.agent-evi3.log.>' });
    await agentMgmt.flush();
    const agent = await nats.signInAgent('agent-evi2');
    for (const reply of ['agent.agent-evi3.report.job-finished', 'agent.agent-evi3.log.job-1', 'agent.agent-evi3.heartbeat', 'evt.auth.user.1.UserCreated']) {
      agent.publish(subjects.agent.log('agent-evi2', 'job-1'), '{"agentId":"agent-evi3"}', { reply });
      agent.publish(subjects.agent.heartbeat('agent-evi2'), '{"agentId":"agent-evi3"}', { reply });
    }
    await agent.flush();
    const mine = await jetstream(agentMgmt).consumers.get(LOGS_STREAM, { filter_subjects: 'agent.agent-evi2.log.>' });
    for (let index = 0; index < 4; index += 1) expect((await mine.next())?.subject).toBe('agent.agent-evi2.log.job-1');
    expect(await stored.next({ expires: 1000 })).toBeNull();
    expect(heard).toEqual([]);
  });

  test('T104. does not carry even a service’s answer to where another agent speaks', async ({ trusted: nats }) => {
    const agentMgmt = await nats.signIn('agent-mgmt');
    const heard = textsOf(agentMgmt, 'agent.agent-evi5.report.>');
    const asked: string[] = [];
    const sync = answer(agentMgmt, subjects.everyAgent.sync, (message) => {
      asked.push(message.string());
      return 'an answer';
    });
    await agentMgmt.flush();
    const agent = await nats.signInAgent('agent-evi4');
    agent.publish(subjects.agent.sync('agent-evi4'), 'forged', { reply: 'agent.agent-evi5.report.job-finished' });
    // The same connections, one after the other: when this one is answered, the forged one has gone its whole way.
    expect((await agent.request(subjects.agent.sync('agent-evi4'), 'honest', { timeout: 30_000 })).string()).toBe('an answer');
    expect(asked).toEqual(['forged', 'honest']);
    expect(heard).toEqual([]);
    sync.unsubscribe();
  });
});

describe('presence', () => {
  test('of agents arrives in CONTROL, with the name inside the JWT that was let in', async ({ trusted: nats }) => {
    const hub = await nats.signIn('hub');
    type PresenceEvent = { client: { name?: string; jwt?: string; user?: string } };
    const events: Array<{ subject: string; data: PresenceEvent }> = [];
    for (const kind of ['CONNECT', 'DISCONNECT']) hub.subscribe(`$SYS.ACCOUNT.*.${kind}`, { callback: (_error, message) => void events.push({ subject: message.subject, data: message.json() }) });
    await hub.flush();
    const user = createKey('user');
    const agent = await nats.signInAgent('agent-here', { user, name: 'a name of its own choice' });
    const account = nats.trust.publicKeys.accounts.AGENTS;
    const mine = (subject: string) => events.find((event) => event.subject === subject && event.data.client.user === user.getPublicKey());
    const connected = await eventually(() => mine(`$SYS.ACCOUNT.${account}.CONNECT`) ?? Promise.reject(new Error('no connect event')));
    const claims = JSON.parse(Buffer.from(connected.data.client.jwt?.split('.')[1] ?? '', 'base64url').toString()) as { name: string; sub: string };
    expect(claims).toMatchObject({ name: 'agent-here', sub: user.getPublicKey() });
    await agent.close();
    await eventually(() => mine(`$SYS.ACCOUNT.${account}.DISCONNECT`) !== undefined);
  });

  test('is reconciled with the list of the connections', async ({ trusted: nats }) => {
    const hub = await nats.signIn('hub');
    const user = createKey('user');
    await nats.signInAgent('agent-list', { user });
    const reply = await hub.request(`$SYS.REQ.ACCOUNT.${nats.trust.publicKeys.accounts.AGENTS}.CONNZ`, JSON.stringify({ auth: true, limit: 1024 }), { timeout: 30_000 });
    const { data } = reply.json<{ data: { connections: Array<{ jwt?: string; authorized_user?: string; ip?: string; last_activity?: string }> } }>();
    // What the hub tells a living connection from a dead one by.
    expect(data.connections.find(({ authorized_user }) => authorized_user === user.getPublicKey())).toMatchObject({ ip: '127.0.0.1', last_activity: expect.stringMatching(/^\d{4}-/) });
  });

  test('of our own services is nobody’s business', async ({ trusted: nats }) => {
    await hasNoResponders((await nats.signIn('hub')).request(`$SYS.REQ.ACCOUNT.${nats.trust.publicKeys.accounts.CONTROL}.CONNZ`, '', { timeout: 30_000 }));
  });
});
