/** The credentials of one service in hostile hands: every right of every other program is tried, against each nats-server that we support. */
import { AGENT_RIGHTS, inboxPrefixOf, SERVICE_RIGHTS, ServiceName, STEWARD_RIGHTS, STREAMS, subjects, type NatsRights } from '@citrus/contracts';
import { natsVersions } from '@citrus/kit-embedded';
import { eventually } from '@citrus/kit-testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectRefused, isAmong, sampleOf } from './hostile.fixture.ts';
import { startWatchedNats, type WatchedNats } from './watched-nats.fixture.ts';

const PROGRAMS: Record<string, NatsRights> = { ...SERVICE_RIGHTS, steward: STEWARD_RIGHTS, agent: AGENT_RIGHTS };
const STREAM_VERBS = ['CREATE', 'UPDATE', 'DELETE', 'PURGE', 'MSG.DELETE', 'RESTORE', 'SNAPSHOT', 'PEER.REMOVE', 'LEADER.STEPDOWN'];

/** What all others may do and this one may not, each once, as subjects without wildcards. */
const beyond = (service: ServiceName, kind: keyof NatsRights): string[] => {
  const samples = new Set(Object.values(PROGRAMS).flatMap((rights) => rights[kind].map(sampleOf)));
  return [...samples].filter((subject) => !isAmong(SERVICE_RIGHTS[service][kind], subject));
};

describe.each(await natsVersions())('nats-server $version', ({ binary }) => {
  let nats: WatchedNats;
  beforeAll(async () => {
    nats = await startWatchedNats(binary);
  });
  afterAll(() => nats.stop());

  describe.each(ServiceName.options)('whoever has taken over %s', (service) => {
    test('T301. publishes and hears nothing that is only others’ to', async () => {
      const nc = await nats.signIn(service);
      expect(beyond(service, 'publish').length).toBeGreaterThan(10);
      await expectRefused(nc, { publish: beyond(service, 'publish') });
      await expectRefused(await nats.signIn(service), { subscribe: beyond(service, 'subscribe') });
    });

    test('T302. makes, changes and empties no stream, its own included', async () => {
      const streams = [...STREAMS.map(({ name }) => name), 'EVIL'];
      await expectRefused(await nats.signIn(service), { publish: streams.flatMap((stream) => STREAM_VERBS.map((verb) => `$JS.API.STREAM.${verb}.${stream}`)) });
    });

    test('T303. hears no answer that was meant for another service', async () => {
      const others = ServiceName.options.filter((name) => name !== service);
      await expectRefused(await nats.signIn(service), { subscribe: ['>', '*.>', '_INBOX.>', '_R_.>', '$JS.ACK.>', ...others.map((name) => `${inboxPrefixOf(name)}.>`)] });
    });

    test('T304. signs in to no other account, and changes none', async () => {
      await expectRefused(await nats.signIn(service), { publish: ['$SYS.REQ.CLAIMS.UPDATE', '$SYS.REQ.CLAIMS.DELETE', '$SYS.REQ.SERVER.x.KICK', '$SYS.REQ.SERVER.PING.VARZ', '$SYS.REQ.SERVER.x.RELOAD'], subscribe: ['$SYS.>'] });
    });
  });

  test('T317. whoever has auth’s keys speaks as any agent', async () => {
    const anyone = await nats.signInAgent('agent-some1');
    await nats.forget();
    anyone.publish(subjects.agent.heartbeat('agent-some1'), 'by auth');
    await anyone.flush();
    await eventually(async () => expect(await nats.heard()).toContainEqual(expect.objectContaining({ account: 'CONTROL', subject: 'agent.agent-some1.heartbeat', text: 'by auth' })));
  });

  test('T311. whoever may read a stream has its messages delivered to any subject of CONTROL, and cannot take away that it shows', async () => {
    const [hub, auth] = await Promise.all([nats.signIn('hub'), nats.signIn('auth')]);
    const asked: Array<{ subject: string; text: string; marked: boolean; reply: string | undefined }> = [];
    auth.subscribe(subjects.internal('auth', 'enrolment-issue'), { callback: (_error, message) => void asked.push({ subject: message.subject, text: message.string(), marked: message.headers?.has('Nats-Stream') ?? false, reply: message.reply || undefined }) });
    await auth.flush();
    await hub.request('presence.agent-some1', 'forged', { timeout: 30_000 });
    hub.publish('$JS.API.DIRECT.GET.PRESENCE', JSON.stringify({ last_by_subj: 'presence.agent-some1' }), { reply: subjects.internal('auth', 'enrolment-issue') });
    await eventually(() => expect(asked).toEqual([{ subject: subjects.internal('auth', 'enrolment-issue'), text: 'forged', marked: true, reply: undefined }]));
    const pushing = { name: 'evil', durable_name: 'evil', deliver_subject: subjects.internal('auth', 'enrolment-issue'), ack_policy: 'none', deliver_policy: 'all' };
    await hub.request('$JS.API.CONSUMER.CREATE.PRESENCE.evil', JSON.stringify({ stream_name: 'PRESENCE', config: pushing }), { timeout: 30_000 });
    await eventually(() => expect(asked[1]).toMatchObject({ subject: 'presence.agent-some1', text: 'forged' }));
  });
});
