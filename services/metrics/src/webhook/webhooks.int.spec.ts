import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import {
  changeWebhook, createWebhook, deleteWebhook, listDeliveries, listWebhooks, LogRead, pauseWebhook, pingWebhook, ProjectId, readDelivery, readKeySet, readLogOf, readWebhook, redeliver, redeliverSince, resumeWebhook, rotateWebhookSecret, WebhookId,
  type RequestDefinition, type Role, type WebhookDelivery,
} from '@citrus/contracts';
import { Forbidden } from '@citrus/kit-domain';
import { migrate, newId, openEventStore, openPool, startRelay } from '@citrus/kit-event-store';
import { connectNats, createRequests, deployStreams } from '@citrus/kit-messaging';
import { startService, type RunningService } from '@citrus/kit-service';
import { createTokenIssuer, eventually, freshDatabase, test as base } from '@citrus/kit-testing';
import { Client } from 'pg';
import { describe, expect, inject } from 'vitest';
import { AppModule } from '../app.module.ts';
import { MetricsConfig } from '../config.ts';
import { migrations } from '../migrations/index.ts';
import { isSigned, startReceiver, type Receiver } from '../testing/receiver.ts';
import { prepareSite } from '../testing/site.ts';

const PROJECT = ProjectId.parse('11111111-1111-4111-8111-111111111111');
const OTHER = ProjectId.parse('11111111-1111-4111-8111-222222222222');
const PATIENT = { timeoutMs: 60_000 };

/** Tries of `/silent` that nobody answered or gave up yet, and how many of them there were at the same time. */
const open = { now: 0, most: 0 };

/** What the outside does, by path. */
const BEHAVIOURS = {
  '/fails': (response) => void response.writeHead(500).end('no\0pe'),
  '/moves': (response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  '/gone': (response) => void response.writeHead(410).end(),
  '/silent': (response) => {
    open.most = Math.max(open.most, (open.now += 1));
    response.on('close', () => void (open.now -= 1));
  },
  '/huge': (response) => {
    response.writeHead(200);
    for (let n = 0; n < 64; n += 1) response.write('x'.repeat(16_384));
    response.end();
  },
  '/recovers': (response, times) => void response.writeHead(times < 4 ? 503 : 200).end('thanks'),
} satisfies Parameters<typeof startReceiver>[0];

type World = {
  readonly receiver: Receiver;
  readonly ownerUrl: string;
  /** What the running services wrote to their logs. */
  readonly said: () => string;
  readonly start: (more?: NodeJS.ProcessEnv) => Promise<RunningService>;
  readonly happens: (type: string, data?: object, projectId?: string) => Promise<void>;
  readonly ask: <Input, Reply>(definition: RequestDefinition<Input, Reply>, input: object, who?: { role?: Role; projectId?: string }) => Promise<Reply>;
};

const test = base.extend('world', async ({ nats, database }, { onCleanup }): Promise<World> => {
  const connection = await connectNats({ url: nats.url, name: 'test', inboxPrefix: '_INBOX_test' });
  await deployStreams(connection);
  const requests = createRequests(connection);
  const { jwk, tokenOf } = await createTokenIssuer();
  connection.subscribe(readKeySet.subject, { callback: (_, message) => void message.respond(JSON.stringify({ keys: [jwk] })) });
  const provisioning = await freshDatabase(inject('postgresUrl'));
  await migrate({ ownerUrl: provisioning.ownerUrl, role: provisioning.role });
  const pool = openPool({ databaseUrl: provisioning.serviceUrl });
  const store = openEventStore({ pool, service: 'provisioning' });
  const relay = startRelay({ databaseUrl: provisioning.serviceUrl, pool, nats: connection, service: 'provisioning' });
  connection.subscribe(readLogOf('provisioning').subject, { callback: (_, message) => void store.read(LogRead.parse(message.json())).then((page) => message.respond(JSON.stringify(page))) });
  await migrate({ ownerUrl: database.ownerUrl, role: database.role, migrations });
  const site = await prepareSite({ natsUrl: nats.url, database });
  const receiver = await startReceiver(BEHAVIOURS);
  const running: RunningService[] = [];
  const said: string[] = [];
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (chunk: string | Uint8Array, ...rest: never[]) => {
    const text = String(chunk);
    if (!text.startsWith('{')) return write(chunk, ...rest);
    said.push(text);
    return true;
  };
  onCleanup(async () => {
    process.stdout.write = write;
    await receiver.stop();
    await Promise.all(running.map((service) => service.stop()));
    await relay.stop();
    await pool.end();
    await connection.close();
    await Promise.all([provisioning.drop(), site.clear()]);
  });
  const ask: World['ask'] = async (definition, input, { role = 'admin', projectId = PROJECT } = {}) =>
    await requests.call(definition, definition.input.parse({ projectId, ...input }), { token: await tokenOf({ memberships: [{ projectId, role }] }, { expires: '10m' }), timeoutMs: 10_000 });
  return {
    receiver, ownerUrl: database.ownerUrl, ask, said: () => said.join(''),
    start: async (more = {}) => {
      const env = { ...site.env, CITRUS_LOG_LEVEL: 'trace', CITRUS_OUTBOUND_ALLOW: '127.0.0.1', CITRUS_OUTBOUND_ALLOW_HTTP: 'true', CITRUS_WEBHOOK_RETRY_MS: '10', ...more };
      const service = await startService({ service: 'metrics', module: AppModule, config: MetricsConfig }, { env });
      running.push(service);
      await eventually(() => ask(listWebhooks, {}), PATIENT);
      return service;
    },
    happens: async (type, data = {}, projectId = PROJECT) =>
      void (await store.append({ stream: `server-${newId()}`, expected: 'any', events: [{ type, data: { serverId: newId(), at: '2026-11-22T10:00:00.000Z', ...data } }], context: { commandId: newId(), actor: { kind: 'user', id: newId() }, projectId, correlationId: 'test' } })),
  };
});

const make = async ({ ask, receiver }: World, path: string, more: object = {}) => {
  const webhookId = WebhookId.parse(randomUUID());
  const made = await ask(createWebhook, { webhookId, url: receiver.url(path), types: ['ServerDeleted'], ...more });
  return { ...made, webhookId };
};
const deliveriesOf = async ({ ask }: World, webhookId: string, more: object = {}): Promise<WebhookDelivery[]> => (await ask(listDeliveries, { webhookId, limit: 200, ...more })).items;

describe('webhooks', () => {
  test('T876. carry the events that are meant, of their own project, signed, and tell nobody their secrets', async ({ world }) => {
    await world.start();
    await world.happens('ServerDeleted', { serverId: 'before' });
    const webhook = await make(world, '/hook?token=canary-of-the-address', { description: 'chat', types: ['Server*', 'JobFinished'] });
    expect(webhook.secret).toMatch(/^whsec_/);
    await make(world, '/others', { types: ['JobFinished'] });
    await world.happens('ServerDeleted', { serverId: 'one', sealedInputs: 'box.v1.canary-of-a-seal' });
    await world.happens('ServerDeleted', { serverId: 'foreign' }, OTHER);
    await world.happens('ServerAdmitted', { serverId: 'private' });
    await world.happens('DropletReady', { serverId: 'not meant' });
    await world.happens('ServerFailed', { serverId: 'two', step: 'creating', reason: 'x' });
    const arrived = () => world.receiver.at('/hook?token=canary-of-the-address');
    await eventually(() => arrived().length >= 2, PATIENT);
    const [one, two] = arrived().toSorted((a, b) => Number(a.body['position']) - Number(b.body['position']));
    expect([one?.body, two?.body]).toMatchObject([{ type: 'ServerDeleted', projectId: PROJECT, service: 'provisioning', data: { serverId: 'one' } }, { type: 'ServerFailed', data: { serverId: 'two' } }]);
    expect(one?.body).not.toHaveProperty('actor');
    expect(one?.body['id']).toBe(one?.id);
    expect(one?.headers['content-type']).toMatch('application/json');
    expect([isSigned(one!, webhook.secret), isSigned(one!, 'whsec_AAAA')]).toEqual([true, false]);
    expect(Math.abs(Date.now() / 1000 - Number(one?.headers['webhook-timestamp']))).toBeLessThan(120);
    // Other rooms of the same house: another role, another project.
    for (const [definition, input] of [[listWebhooks, {}], [readWebhook, webhook], [pingWebhook, webhook], [listDeliveries, { ...webhook, limit: 1 }]] as [RequestDefinition, { webhookId?: string }][]) {
      await expect(world.ask(definition, input.webhookId ? { webhookId: input.webhookId, ...('limit' in input && { limit: 1 }) } : {}, { role: 'operator' })).rejects.toBeInstanceOf(Forbidden);
    }
    await expect(world.ask(readWebhook, { webhookId: webhook.webhookId }, { projectId: OTHER })).rejects.toMatchObject({ code: 'webhook.unknown' });
    await expect(world.ask(deleteWebhook, { webhookId: webhook.webhookId }, { projectId: OTHER })).rejects.toMatchObject({ code: 'webhook.unknown' });

    const rotated = await world.ask(rotateWebhookSecret, { webhookId: webhook.webhookId });
    expect(rotated.oldSecretUntil).not.toBeNull();
    await world.happens('ServerDeleted', { serverId: 'three' });
    await eventually(() => arrived().length >= 3, PATIENT);
    const three = arrived().find(({ body }) => (body['data'] as { serverId: string }).serverId === 'three')!;
    expect([isSigned(three, webhook.secret), isSigned(three, rotated.secret)]).toEqual([true, true]);

    const client = new Client({ connectionString: world.ownerUrl });
    await client.connect();
    const { rows } = await client.query<{ table_name: string }>("select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'");
    const everything = [world.said()];
    for (const { table_name: table } of rows) everything.push(JSON.stringify((await client.query(`select * from "${table}"`)).rows));
    await client.end();
    for (const canary of [webhook.secret.slice(6), rotated.secret.slice(6), 'canary-of-the-address', 'canary-of-a-seal']) expect(everything.filter((text) => text.includes(canary))).toEqual([]);
    expect(world.said()).toContain('webhook.tried');
  });

  test('T875. refuse addresses of the inside, types that there are not, and more than there may be', async ({ world }) => {
    await world.start({ CITRUS_OUTBOUND_ALLOW: '127.0.0.2' });
    const create = (more: object) => world.ask(createWebhook, { webhookId: randomUUID(), url: 'https://1.1.1.1/', types: ['WebhookDeleted'], ...more });
    for (const url of [world.receiver.url('/x'), 'http://2130706433/', 'http://0x7f.1/', 'http://[::ffff:127.0.0.1]/', 'http://169.254.169.254/latest/meta-data/', 'https://10.1.2.3/', 'https://user:word@1.1.1.1/', 'ftp://1.1.1.1/', 'x']) {
      await expect(create({ url }), url).rejects.toMatchObject({ code: 'address.not_allowed', fields: [{ path: 'url' }] });
    }
    await expect(create({ types: ['Sever*'] })).rejects.toMatchObject({ code: 'webhook.unknown_type' });
    const made = await Promise.allSettled(Array.from({ length: 26 }, () => create({})));
    expect(made.flatMap((each) => (each.status === 'rejected' ? [(each.reason as { code: string }).code] : []))).toEqual(Array.from({ length: 6 }, () => 'webhook.too_many'));
    const ids = made.flatMap((each) => (each.status === 'fulfilled' ? [each.value.id] : []));
    const [webhookId = ''] = ids;
    expect((await create({ webhookId })).secret).toBe((await create({ webhookId })).secret);
    await expect(create({ webhookId, url: 'https://1.1.1.1/other' })).rejects.toMatchObject({ code: 'idempotency.reused' });
    await world.ask(pauseWebhook, { webhookId });
    await expect(create({ webhookId, url: 'https://1.1.1.1/other' })).rejects.toMatchObject({ code: 'idempotency.reused' });
    await expect(world.ask(changeWebhook, { webhookId, url: 'https://192.168.0.1/' })).rejects.toMatchObject({ code: 'address.not_allowed' });
    expect(await world.ask(changeWebhook, { webhookId, url: 'https://1.0.0.1:8443/a?b', types: ['*'], description: 'new' })).toMatchObject({ url: 'https://1.0.0.1:8443/a?b', types: ['*'], description: 'new' });
    await world.ask(deleteWebhook, { webhookId });
    await world.ask(deleteWebhook, { webhookId });
    await expect(world.ask(readWebhook, { webhookId })).rejects.toMatchObject({ code: 'webhook.unknown' });
    expect((await world.ask(listWebhooks, {})).items).toHaveLength(19);
  });

  test('that the log has and no read model shows yet miss nothing when the service begins', async ({ world }) => {
    const first = await world.start();
    const webhook = await make(world, '/late', { types: ['ServerDeleted', 'ServerFailed'] });
    await first.stop();
    // As it is after a crash between the two: in the log, and not in the rows.
    const client = new Client({ connectionString: world.ownerUrl });
    await client.connect();
    const { rows: [row] } = await client.query<{ position: string }>("update checkpoints set position = 0 where consumer = 'webhooks' returning position");
    expect(row).toBeDefined();
    await client.query('delete from webhooks');
    await client.query("insert into consumer_pauses (consumer, reason) values ('webhooks', 'a test')");
    await world.start();
    await world.happens('ServerDeleted', { serverId: 'early' });
    await world.happens('ServerFailed', { serverId: 'early', step: 'creating', reason: 'x' });
    // Long enough for a feed that does not wait to have taken both.
    await eventually(() => world.said().includes('is not shown yet'), PATIENT);
    await client.query("delete from consumer_pauses where consumer = 'webhooks'");
    await client.end();
    await eventually(async () => expect((await deliveriesOf(world, webhook.webhookId)).map(({ status }) => status)).toEqual(['delivered', 'delivered']), PATIENT);
  });

  test('are tried again by their own, hold up nobody else, and are given up, sent again and paused', async ({ world }) => {
    const first = await world.start({ CITRUS_WEBHOOK_PAUSE_AFTER_MS: '600000' });
    // Whoever never answers comes first, with more than its share.
    const silent = await make(world, '/silent');
    for (let n = 0; n < 8; n += 1) await world.happens('ServerDeleted', { serverId: `silent-${n}` });
    await eventually(() => world.receiver.at('/silent').length > 0, PATIENT);
    const [recovers, fails, moves, huge, gone] = [await make(world, '/recovers'), await make(world, '/fails', { types: ['ServerActivated'] }), await make(world, '/moves'), await make(world, '/huge'), await make(world, '/gone')];
    await world.happens('ServerDeleted', { serverId: 'shared' });
    await eventually(async () => expect(await deliveriesOf(world, recovers.webhookId)).toMatchObject([{ status: 'delivered', attempts: 4, answerStatus: 200, answerText: 'thanks', problem: null }]), PATIENT);
    await eventually(async () => expect(await deliveriesOf(world, huge.webhookId)).toMatchObject([{ status: 'delivered', attempts: 1, answerText: 'x'.repeat(4096) }]), PATIENT);
    await eventually(async () => expect(await deliveriesOf(world, moves.webhookId)).toMatchObject([{ answerStatus: 302, problem: expect.stringMatching(/redirect/i) }]), PATIENT);
    await eventually(async () => expect(await world.ask(readWebhook, { webhookId: gone.webhookId })).toMatchObject({ status: 'paused', pausedReason: expect.stringMatching(/410/) }), PATIENT);
    expect(open.most).toBeLessThanOrEqual(4);
    expect(await world.ask(readWebhook, { webhookId: silent.webhookId })).toMatchObject({ status: 'active', waiting: 9 });

    // While it is paused events wait; afterwards they go out.
    await world.ask(pauseWebhook, { webhookId: recovers.webhookId });
    await world.happens('ServerDeleted', { serverId: 'late' });
    await eventually(async () => expect(await world.ask(readWebhook, { webhookId: recovers.webhookId })).toMatchObject({ status: 'paused', pausedReason: null, waiting: 1 }), PATIENT);
    const [waiting] = await deliveriesOf(world, recovers.webhookId, { status: 'waiting' });
    await expect(world.ask(redeliver, { webhookId: recovers.webhookId, deliveryId: waiting!.id })).rejects.toMatchObject({ code: 'webhook.paused' });
    await world.ask(resumeWebhook, { webhookId: recovers.webhookId });
    await eventually(async () => expect((await deliveriesOf(world, recovers.webhookId)).map(({ status }) => status)).toEqual(['delivered', 'delivered']), PATIENT);

    // Once more, by hand.
    const before = world.receiver.at('/recovers').length;
    const delivered = (await deliveriesOf(world, recovers.webhookId))[0]!;
    await world.ask(redeliver, { webhookId: recovers.webhookId, deliveryId: delivered.id });
    await eventually(() => world.receiver.at('/recovers').length > before, PATIENT);
    expect(world.receiver.at('/recovers').at(-1)?.id).toBe(delivered.id);
    expect((await world.ask(readDelivery, { webhookId: recovers.webhookId, deliveryId: delivered.id })).body).toBe(world.receiver.at('/recovers').at(-1)?.text);

    // A test is tried once.
    const client = new Client({ connectionString: world.ownerUrl });
    await client.connect();
    const ping = await world.ask(pingWebhook, { webhookId: fails.webhookId });
    // Just now, however long this machine takes for the next question.
    const moveBy = async (interval: string): Promise<void> => void (await client.query('update webhook_deliveries set created_at = created_at + $2::interval where delivery_id = $1', [ping.id, interval]));
    await moveBy('1 hour');
    await expect(world.ask(pingWebhook, { webhookId: fails.webhookId })).rejects.toMatchObject({ code: 'webhook.pinged_just_now' });
    await moveBy('-1 hour');
    await eventually(async () => expect(await world.ask(readDelivery, { webhookId: fails.webhookId, deliveryId: ping.id })).toMatchObject({ type: 'ping', status: 'failed', attempts: 1, answerStatus: 500, answerText: 'no\uFFFDpe' }), PATIENT);

    // Ten tries of ten milliseconds at most and four times as much each: made due by hand, so that nobody waits.
    await world.happens('ServerActivated', { serverId: 'dead' });
    await eventually(async () => {
      await client.query("update webhook_deliveries set next_attempt_at = now() where status = 'waiting' and webhook_id = $1", [fails.webhookId]);
      expect(await deliveriesOf(world, fails.webhookId)).toMatchObject([{ status: 'failed', attempts: 10 }, { type: 'ping' }]);
    }, PATIENT);
    expect(await world.ask(redeliverSince, { webhookId: fails.webhookId, since: '2026-01-01T00:00:00.000Z' })).toEqual({ deliveries: 1 });
    await eventually(() => world.receiver.at('/fails').length > 12, PATIENT);

    // Failing for long pauses it, and the log says why; a replica that takes over knows all of it.
    await first.stop();
    await world.start({ CITRUS_WEBHOOK_PAUSE_AFTER_MS: '100' });
    await client.query("update webhook_deliveries set next_attempt_at = now(), lease_until = null where status = 'waiting' and webhook_id = $1", [fails.webhookId]);
    await eventually(async () => expect(await world.ask(readWebhook, { webhookId: fails.webhookId })).toMatchObject({ status: 'paused', pausedReason: expect.stringMatching(/Nothing was delivered/) }), PATIENT);
    const { rows } = await client.query<{ actor: string }>("select meta->'actor'->>'kind' as actor from events where type = 'WebhookPaused' and data->>'reason' is not null");
    expect(rows.length).toBeGreaterThan(0);
    expect(new Set(rows.map(({ actor }) => actor))).toEqual(new Set(['service']));
    await client.end();
  }, 180_000);
});
