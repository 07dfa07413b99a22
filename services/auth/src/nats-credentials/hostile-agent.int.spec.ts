/**
 * An agent with valid credentials, a client of its own making and docs/threat-model.md in hand, against each nats-server
 * that we support. A witness in every account says what came of it.
 */
import { LOGS_STREAM, subjects } from '@citrus/contracts';
import { createKey, keyFromPublic } from '@citrus/kit-crypto';
import { natsVersions } from '@citrus/kit-embedded';
import { eventually } from '@citrus/kit-testing';
import { headers, type Authenticator, type NatsConnection } from '@nats-io/nats-core';
import type { KeyPair } from '@nats-io/nkeys';
import { connect } from '@nats-io/transport-node';
import { encodeUser } from '@nats-io/jwt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { expectRefused, rawClient, type Raw } from './hostile.fixture.ts';
import { mintAgent } from './jwt.ts';
import { startWatchedNats, type Heard, type WatchedNats } from './watched-nats.fixture.ts';

const EVIL = 'agent-evil1';
const VICTIM = 'agent-vict1';
const JETSTREAM = ['INFO', 'STREAM.NAMES', 'STREAM.LIST', 'STREAM.INFO.LOGS', 'STREAM.CREATE.EVIL', 'STREAM.UPDATE.LOGS', 'STREAM.DELETE.LOGS', 'STREAM.PURGE.LOGS', 'STREAM.MSG.GET.LOGS', 'STREAM.MSG.DELETE.LOGS', 'STREAM.SNAPSHOT.LOGS',
  'STREAM.RESTORE.LOGS', 'STREAM.PEER.REMOVE.LOGS', 'STREAM.LEADER.STEPDOWN.LOGS', 'CONSUMER.CREATE.LOGS.evil', 'CONSUMER.DURABLE.CREATE.LOGS.evil', 'CONSUMER.LIST.LOGS', 'CONSUMER.NAMES.LOGS', 'CONSUMER.INFO.LOGS.x', 'CONSUMER.DELETE.LOGS.x',
  'CONSUMER.MSG.NEXT.LOGS.x', 'CONSUMER.PAUSE.LOGS.x', 'CONSUMER.UNPIN.LOGS.x', 'DIRECT.GET.LOGS', 'DIRECT.GET.LOGS.agent.agent-vict1.log.job', 'META.LEADER.STEPDOWN', 'SERVER.REMOVE', 'ACCOUNT.PURGE.x'].map((verb) => `$JS.API.${verb}`);
const SYSTEM = ['$SYS.REQ.CLAIMS.UPDATE', '$SYS.REQ.CLAIMS.DELETE', '$SYS.REQ.CLAIMS.LIST', '$SYS.REQ.CLAIMS.PACK', '$SYS.REQ.ACCOUNT.PING.CONNZ', '$SYS.REQ.ACCOUNT.x.CLAIMS.LOOKUP', '$SYS.REQ.SERVER.PING', '$SYS.REQ.SERVER.PING.VARZ', '$SYS.REQ.SERVER.x.KICK',
  '$SYS.REQ.SERVER.x.LDM', '$SYS.REQ.SERVER.x.RELOAD', '$SYS.REQ.USER.AUTH', '$SYS.ACCOUNT.x.CONNECT', '$SYS.ACCOUNT.x.DISCONNECT', '$SYS.DEBUG.SUBSCRIBERS'];
const REPLIES = [...JETSTREAM, ...SYSTEM, 'agent.agent-vict1.cmd', 'agent.agent-vict1.report.job-finished', 'agent.agent-vict1.log.job', 'agent.agent-vict1.heartbeat', 'agent.agent-vict1.sync', 'agent.agent-vict1.inbox.guess', '_INBOX_hub.x', '_INBOX_agent-mgmt.x',
  'rpc.auth.internal.enrolment-issue', 'evt.auth.user.1.UserCreated', 'presence.agent-vict1', 'audit.auth', 'seal.auth', '$JS.ACK.LOGS.agent-mgmt-logs.1.1.1.1.0', '_R_.guess', '_GR_.guess'];
const HEADERS: Record<string, string> = {
  'Nats-Rollup': 'all', 'Nats-Msg-Id': 'taken', 'Nats-TTL': '1s', 'Nats-Schedule': '@at 2026-01-01T00:00:00Z', 'Nats-Schedule-Target': 'agent.agent-vict1.log.job', 'Nats-Trace-Dest': 'agent.agent-vict1.cmd', 'Nats-Trace-Only': 'true',
  'Nats-Expected-Last-Sequence': '0', 'Nats-Expected-Last-Subject-Sequence': '0', 'Nats-Expected-Stream': 'EVENTS_auth', 'Nats-Expected-Last-Msg-Id': 'x', 'Nats-Incr': '1', 'Nats-Batch-Id': 'b', 'Nats-Batch-Sequence': '1', 'Nats-Batch-Commit': '1',
  'Nats-Request-Info': '{"acc":"CONTROL","user":"hub"}', 'Nats-Stream': 'LOGS', 'Nats-Subject': 'agent.agent-vict1.log.job', 'Nats-Required-Api-Level': '0', 'Citrus-Token': 'x', 'Citrus-Problem': '1',
};

/** What an agent's words may become: its own subjects in both accounts, and answers on the way back. */
const isItsOwn = ({ account, subject, reply, text }: Heard) => {
  if (subject.startsWith(`agent.${EVIL}.`) || subject.startsWith('_R_.')) return true;
  if (account === 'AGENTS') return REPLIES.includes(subject);
  // The broker lets every account ask for its own connections; an answer sent there asks, and hears nothing.
  return account === 'SYS' && /^\$SYS\.REQ\.ACCOUNT\.\w+\.CONNZ$/.test(subject) && reply === '' && text === 'an answer';
};

describe.each(await natsVersions())('nats-server $version', ({ binary }) => {
  let nats: WatchedNats;
  let agentMgmt: NatsConnection;
  let victim: NatsConnection;
  let victimHeard: string[];
  let key: KeyPair;
  let jwt: string;
  const raws: Raw[] = [];

  const overWebSocket = () => nats.signInAgent(EVIL, { user: key, jwt });
  // Signed as agents do it: the library's own JavaScript may take a tenth of the two seconds that a sign-in over TCP has.
  const authenticator: Authenticator = (nonce) => ({ jwt, nkey: key.getPublicKey(), sig: Buffer.from(key.sign(Buffer.from(nonce ?? ''))).toString('base64url') });
  const overTcp = () => connect({ servers: nats.server.url, inboxPrefix: subjects.agent.inbox(EVIL), reconnect: false, authenticator });
  const WAYS = { WebSocket: overWebSocket, TCP: overTcp };
  const raw = async () => {
    const client = await rawClient(nats.server.port);
    raws.push(client);
    return client;
  };
  /** Everything before it on this connection has gone its whole way. */
  const arrive = async (nc: NatsConnection) => {
    await nc.flush();
    expect((await nc.request(subjects.agent.sync(EVIL), 'honest', { timeout: 30_000 })).string()).toBe('an answer');
  };
  type Streams = Array<{ config: { name: string }; messages: number }>;
  const others = async () => ((await nats.streams()) as Streams).filter(({ config: { name } }) => name !== 'LOGS' && name !== 'HEARTBEATS');

  beforeAll(async () => {
    nats = await startWatchedNats(binary);
    key = createKey('user');
    jwt = await nats.mint(EVIL, key.getPublicKey());
    agentMgmt = await nats.signIn('agent-mgmt');
    for (const subject of [subjects.everyAgent.sync, subjects.everyAgent.report]) agentMgmt.subscribe(subject, { callback: (_error, message) => void message.respond('an answer') });
    victim = await nats.signInAgent(VICTIM);
    for (const subject of [subjects.agent.command(VICTIM), `${subjects.agent.inbox(VICTIM)}.>`]) victim.subscribe(subject, { callback: (_error, message) => void victimHeard.push(message.string()) });
    victimHeard = [];
    await Promise.all([agentMgmt.flush(), victim.flush()]);
  });
  beforeEach(async () => {
    victimHeard.length = 0;
    await nats.forget();
  });
  afterEach(() => {
    for (const client of raws.splice(0)) client.close();
  });
  afterAll(() => nats.stop());

  describe.each(['WebSocket', 'TCP'] as const)('over %s', (way) => {
    const withEvil = async (act: (evil: NatsConnection) => Promise<void>) => {
      const evil = await WAYS[way]();
      try {
        await act(evil);
      } finally {
        await evil.close();
      }
    };

    test('T101. speaks as no other agent', () => withEvil((evil) => expectRefused(evil, {
      publish: [...['report.job-finished', 'log.job', 'heartbeat', 'sync', 'cmd', 'inbox.x', 'inbox'].flatMap((rest) => [`agent.${VICTIM}.${rest}`, `agent.nobody12.${rest}`]), `agent.${EVIL}.cmd`, `agent.${EVIL}.inbox.x`, `agent.${EVIL}`, `agent.${EVIL}.heartbeat.x`],
    })));

    test('T102. hears nothing of another agent, by whatever pattern or queue', async () => {
      const subscribe = [subjects.agent.command(VICTIM), `${subjects.agent.inbox(VICTIM)}.>`, 'agent.*.cmd', 'agent.*.>', 'agent.>', '*.*.cmd', '*.>', '>', `agent.${EVIL}.>`, `agent.${EVIL}.report.>`];
      await withEvil((evil) => expectRefused(evil, { subscribe }));
      await withEvil((evil) => expectRefused(evil, { subscribe, queue: 'agents' }));
    });

    test('T201. reaches nothing of JetStream', () => withEvil((evil) => expectRefused(evil, { publish: [...JETSTREAM, '$JS.ACK.LOGS.agent-mgmt-logs.1.1.1.1.0', '$JS.FC.LOGS.x', '$JS.EVENT.ADVISORY.x', '$KV.x', '$O.x'] })));

    test('T204. reaches nothing of the system account', () => withEvil((evil) => expectRefused(evil, { publish: SYSTEM, subscribe: ['$SYS.>', '$SYS.ACCOUNT.*.CONNECT', '$SYS.REQ.>'] })));

    test('T205. neither calls a service nor takes a place among its replicas', async () => {
      await withEvil((evil) => expectRefused(evil, { publish: ['rpc.auth.session.sign-in', 'rpc.auth.internal.enrolment-issue', 'rpc.agent-mgmt.job.create', 'evt.auth.user.1.UserCreated', 'audit.auth', 'audit.agent-mgmt', 'seal.auth', 'presence.agent-evil1', 'job-changed.x', '_INBOX_hub.x', '_INBOX.x'] }));
      for (const queue of ['agent-mgmt', 'auth']) await withEvil((evil) => expectRefused(evil, { subscribe: ['rpc.>', 'rpc.auth.session.sign-in', 'agent.*.sync', 'agent.*.report.>', 'agent.*.heartbeat', '_INBOX.>', '_INBOX_hub.>', '_R_.>'], queue }));
    });

    test('T202. has nobody do anything by the reply subject that it chooses', () => withEvil(async (evil) => {
      const before = await others();
      for (const reply of REPLIES) for (const subject of [subjects.agent.log(EVIL, 'job'), subjects.agent.heartbeat(EVIL), subjects.agent.sync(EVIL), subjects.agent.report(EVIL, 'job-finished')]) evil.publish(subject, 'by evil', { reply });
      await arrive(evil);
      expect((await nats.heard()).filter((heard) => !isItsOwn(heard))).toEqual([]);
      expect(await others()).toEqual(before);
    }));

    test('T104. makes nobody believe that another agent spoke', () => withEvil(async (evil) => {
      for (const reply of [subjects.agent.report(VICTIM, 'job-finished'), subjects.agent.log(VICTIM, 'job'), subjects.agent.heartbeat(VICTIM), subjects.agent.sync(VICTIM)]) {
        for (const subject of [subjects.agent.log(EVIL, 'job'), subjects.agent.heartbeat(EVIL), subjects.agent.sync(EVIL), subjects.agent.report(EVIL, 'job-finished')]) evil.publish(subject, JSON.stringify({ agentId: VICTIM }), { reply });
      }
      await arrive(evil);
      expect((await nats.heard()).filter(({ account, subject }) => account === 'CONTROL' && subject.includes(VICTIM))).toEqual([]);
    }));

    test('T105. has a service’s answer carried to another agent, but no word of its own', () => withEvil(async (evil) => {
      for (const subject of [subjects.agent.log(EVIL, 'job'), subjects.agent.heartbeat(EVIL), subjects.agent.sync(EVIL), subjects.agent.report(EVIL, 'x')]) evil.publish(subject, 'by evil', { reply: subjects.agent.command(VICTIM) });
      await arrive(evil);
      await eventually(() => expect(victimHeard).toEqual(['an answer', 'an answer']));
    }));

    test.for(Object.entries(HEADERS))('T203. gets no more by the header %s', ([name, value]) => withEvil(async (evil) => {
      const before = await others();
      const marked = headers();
      marked.set(name, value);
      const victimLog = async () => ((await nats.streams()) as Streams).find(({ config }) => config.name === LOGS_STREAM)?.messages ?? 0;
      victim.publish(subjects.agent.log(VICTIM, 'job'), 'of the victim');
      await victim.flush();
      const stored = await eventually(async () => (await victimLog()) || Promise.reject(new Error('not stored')));
      for (const subject of [subjects.agent.log(EVIL, 'job'), subjects.agent.heartbeat(EVIL), subjects.agent.sync(EVIL)]) evil.publish(subject, 'by evil', { headers: marked, reply: subjects.agent.inbox(EVIL) });
      await arrive(evil);
      expect(await victimLog()).toBeGreaterThanOrEqual(stored);
      expect((await nats.heard()).filter((heard) => !isItsOwn(heard) && !heard.subject.startsWith(`agent.${VICTIM}.log`))).toEqual([]);
      expect(await others()).toEqual(before);
      expect(victimHeard).toEqual([]);
    }));
  });

  test('T103. answers no command of another agent, although it knew where to', async () => {
    const where: string[] = [];
    victim.subscribe(subjects.agent.command(VICTIM), { callback: (_error, { reply = '' }) => void where.push(reply), max: 1 });
    await victim.flush();
    const answered = agentMgmt.request(subjects.agent.command(VICTIM), 'run', { timeout: 1500 }).then((message) => message.string(), () => 'nobody');
    await eventually(() => expect(where).toHaveLength(1));
    const evil = await overTcp();
    await expectRefused(evil, { publish: where });
    await evil.close();
    expect(await answered).toBe('nobody');
  });

  test('T107. is who its credential says, whatever it says about itself', async () => {
    for (const more of [{ name: VICTIM, user: VICTIM, pass: 'x' }, { account: 'CONTROL', new_account: true, user: 'hub' }, { verbose: true, pedantic: true, echo: false }, { protocol: 9, no_responders: true, import: '>', export: '>' }, { tls_required: true, lang: 'go', version: '99' }, { name: VICTIM }]) {
      const client = await raw();
      client.signIn(jwt, key, more);
      // Who says too much is sent away.
      const isIn = await eventually(() => (client.said().includes('PONG') ? 'in' : client.isClosed() ? 'out' : Promise.reject(new Error('no answer'))));
      if (Object.keys(more).length === 1) expect(isIn).toBe('in');
      if (isIn === 'out') continue;
      client.send(`SUB ${subjects.agent.command(VICTIM)} 1\r\nPUB agent.${VICTIM}.heartbeat 0\r\n\r\nPUB rpc.auth.session.sign-in 0\r\n\r\nSUB agent.${EVIL}.cmd 2\r\nPING\r\n`);
      await eventually(() => expect(client.said()).toMatch(/Permissions Violation for Publish to "rpc\.auth/));
      expect(client.said()).toMatch(/Permissions Violation for Subscription to "agent\.agent-vict1\.cmd"/);
      expect(client.said()).toMatch(/Permissions Violation for Publish to "agent\.agent-vict1\.heartbeat"/);
    }
  });

  test('T108. is not let in with what it has of others or made itself', async () => {
    const other = createKey('user');
    const account = nats.trust.publicKeys.accounts.AGENTS;
    const [madeUp, agents] = [createKey('account'), nats.keys.agentSigners[0] as KeyPair];
    const [head, payload, signature] = jwt.split('.') as [string, string, string];
    const altered = Buffer.from(Buffer.from(payload, 'base64url').toString().replace(EVIL, VICTIM)).toString('base64url');
    const user = (name: string, publicKey: string, options: object) => encodeUser(name, keyFromPublic(publicKey), keyFromPublic(account), {}, { scopedUser: true, ...options });
    const tries: Record<string, readonly [string | undefined, KeyPair]> = {
      'another agent’s JWT with its own key': [await nats.mint(VICTIM, other.getPublicKey()), key],
      'an expired one': [await mintAgent({ agentId: EVIL, nkey: key.getPublicKey(), expiresAt: new Date(Date.now() - 5000) }, account, agents), key],
      'one signed by itself': [await user(EVIL, key.getPublicKey(), { signer: madeUp }), key],
      'one for another account': [await encodeUser(EVIL, keyFromPublic(key.getPublicKey()), keyFromPublic(nats.trust.publicKeys.accounts.CONTROL), {}, { signer: agents, scopedUser: true }), key],
      'one with another name written in': [`${head}.${altered}.${signature}`, key],
      'one with rights written in': [await encodeUser(EVIL, keyFromPublic(key.getPublicKey()), keyFromPublic(account), { pub: { allow: ['>'] } }, { signer: agents }), key],
      'one without a signature': [`${head}.${payload}.`, key],
      'one of the algorithm none': [`${Buffer.from('{"typ":"JWT","alg":"none"}').toString('base64url')}.${payload}.`, key],
      'none': [undefined, key],
    };
    for (const [what, [credential, signer]] of Object.entries(tries)) {
      const client = await raw();
      client.signIn(credential, signer);
      await eventually(() => expect(client.isClosed(), what).toBe(true));
      expect(client.said(), what).toMatch(/Authorization Violation|Authentication/i);
      expect(client.said(), what).not.toContain('PONG');
    }
    const unsigned = await raw();
    unsigned.send(`CONNECT ${JSON.stringify({ jwt, sig: Buffer.from(key.sign(Buffer.from('another nonce'))).toString('base64url') })}\r\nPING\r\n`);
    await eventually(() => expect(unsigned.isClosed()).toBe(true));
  });

  test.for(['RS+ AGENTS > queue 1', 'RS- AGENTS >', 'A+ CONTROL', 'LS+ >', 'LS- >', `RMSG CONTROL agent.${VICTIM}.report.x 0\r\n`, `LMSG agent.${VICTIM}.report.x 0\r\n`, 'INFO {"server_id":"evil","cluster":"c","routes":[]}'])('T206. is no server: %s', async (line) => {
    const client = await raw();
    client.signIn(jwt, key);
    await eventually(() => expect(client.said()).toContain('PONG'));
    client.send(`${line}\r\nPING\r\n`);
    await eventually(() => expect(client.isClosed() || client.said().split('PONG').length > 2).toBe(true));
    client.send(`PUB agent.${VICTIM}.report.x 0\r\n\r\n`);
    expect((await nats.heard()).filter((heard) => !isItsOwn(heard))).toEqual([]);
  });

  test('T206. signs in once: a second CONNECT makes it nobody else', async () => {
    const client = await raw();
    client.signIn(jwt, key);
    await eventually(() => expect(client.said()).toContain('PONG'));
    client.signIn(await nats.mint(VICTIM, createKey('user').getPublicKey()), key);
    client.send(`PUB agent.${VICTIM}.heartbeat 0\r\n\r\nPING\r\n`);
    await eventually(() => expect(client.isClosed() || /Permissions Violation for Publish to "agent\.agent-vict1/.test(client.said())).toBe(true));
    expect((await nats.heard()).filter(({ subject }) => subject.startsWith(`agent.${VICTIM}.`))).toEqual([]);
  });

  test('T958. opens as many connections as it likes with its one key', async () => {
    const many: NatsConnection[] = [];
    for (let n = 0; n < 20; n += 1) many.push(await overTcp());
    expect(many.map((nc) => nc.isClosed())).toEqual(many.map(() => false));
    await Promise.all(many.map((nc) => nc.close()));
  });

  test('T209. sends no message over a mebibyte, and fills no line', async () => {
    const [big, long] = [await raw(), await raw()];
    for (const client of [big, long]) client.signIn(jwt, key);
    big.send(`PUB agent.${EVIL}.log.job ${1024 * 1024 + 1}\r\n`);
    long.send(`PUB agent.${EVIL}.log.${'x'.repeat(5000)} 0`);
    await eventually(() => expect([big.isClosed(), long.isClosed()]).toEqual([true, true]));
    expect(big.said()).toMatch(/Maximum Payload Violation/i);
    expect(long.said()).toMatch(/maximum control line exceeded/i);
  });
});
