/** From the stream AUDIT into the log and its read model, with everything happening twice. */
import { AUDIT_STREAM, STREAMS, type AuditEntry, type ServiceName } from '@citrus/contracts';
import { internalScope } from '@citrus/kit-domain';
import { newId, openDatabase, openEventStore, openPool, startProjections, startWakeUp, versionsOf } from '@citrus/kit-event-store';
import { deployStreams } from '@citrus/kit-messaging';
import { eventually } from '@citrus/kit-testing';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { describe, expect } from 'vitest';
import { test as base } from '../database.fixture.ts';
import type { AuthDatabase } from '../database.ts';
import { authEvents } from '../event-versions.ts';
import type { PersonalTexts } from '../subject/personal-text.ts';
import { AuditIntake } from './audit-intake.ts';
import { createAuditKeeper, type KeeperParts } from './audit-keeper.ts';
import { auditProjection } from './audit.projection.ts';
import { openAudit } from './audit.store.ts';
import { createAddressKeeper } from './audited-address.ts';
import { openRefusals } from './refusals.store.ts';

const USER = '0198c0de-0000-7000-8000-0000000000b1';
const PROJECT = '0198c0de-0000-7000-8000-00000000000a';
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined };
/** Sealed is written backwards here; how it is really done is the keyring's. */
const texts: PersonalTexts = {
  seal: async (_userId, _place, text) => ({ sealed: [...text].toReversed().join('') }),
  open: async (_userId, _place, text) => ('sealed' in text ? [...text.sealed].toReversed().join('') : text.clear),
};
const everything = internalScope('a test');

const test = base.extend('audit', async ({ nats, database }, { onCleanup }) => {
  const pool = openPool({ databaseUrl: database.serviceUrl });
  const [db, store, wakeUp] = [openDatabase<AuthDatabase>(pool), openEventStore({ pool, service: 'auth', versions: versionsOf(authEvents) }), startWakeUp({ databaseUrl: database.serviceUrl })];
  const projections = startProjections({ db, pool, store, projections: [auditProjection], wakeUp });
  const nc = await connect({ servers: nats.url });
  const jsm = await jetstreamManager(nc);
  await jsm.streams.delete(AUDIT_STREAM).then(() => true, () => false);
  await deployStreams(nc, STREAMS.filter(({ name }) => name === AUDIT_STREAM));
  const running: AuditIntake[] = [];
  onCleanup(async () => {
    await Promise.all(running.map((intake) => intake.stop()));
    await projections.stop();
    await wakeUp.stop();
    await Promise.all([pool.end(), nc.close()]);
  });
  const keeperParts: KeeperParts = { store, refusals: openRefusals(db), addresses: createAddressKeeper(texts, new Uint8Array(32)), projectOfAgent: async (id) => (id === 'agent-of-project' ? PROJECT : undefined), clock: () => new Date(), windowMs: 300 };
  const keeper = createAuditKeeper(keeperParts);
  const start = () => {
    const intake = new AuditIntake({ nats: nc, keeper, logger: silent, tellEveryMs: 50 });
    intake.start();
    running.push(intake);
    return intake;
  };
  const publish = (entry: Partial<AuditEntry>, service: ServiceName = 'hub') =>
    jetstream(nc).publish(`audit.${service}`, JSON.stringify({ id: newId(), at: '1999-01-01T00:00:00.000Z', service: 'provisioning', action: 'POST /api/x', outcome: 'allowed', ...entry }));
  const read = async (asked: Partial<Parameters<ReturnType<typeof openAudit>['list']>[1]> = {}) => (await openAudit(db, texts).list(everything, { limit: 50, ...asked })).items;
  return { db, store, keeper, keeperParts, start, publish, read, pool, nats: nc };
});

describe('the audit', () => {
  test('keeps an entry as the broker has it, in the stream of its day', async ({ audit }) => {
    audit.start();
    await audit.publish({ actor: { kind: 'user', id: USER }, projectId: PROJECT, address: '203.0.113.7', target: { id: 'x' }, correlationId: 'c-1' });
    await eventually(async () => expect(await audit.read()).toHaveLength(1));
    const [entry] = await audit.read();
    expect(entry).toMatchObject({ service: 'hub', action: 'POST /api/x', outcome: 'allowed', count: 1, actor: { kind: 'user', id: USER }, projectId: PROJECT, target: { id: 'x' }, correlationId: 'c-1', address: '203.0.113.7', network: null });
    expect(Date.now() - Date.parse(entry?.at ?? '')).toBeLessThan(60_000);
    const { events } = await audit.store.load(`audit-${entry?.at.slice(0, 10)}`);
    expect(events).toMatchObject([{ type: 'Audited', actor: { kind: 'user', id: USER } }]);
    expect(events[0]?.projectId).toBeUndefined();
    expect(JSON.stringify(events)).not.toContain('203.0.113.7');
  });

  test('keeps an entry once, however often it comes', async ({ audit }) => {
    const id = newId();
    for (let n = 0; n < 5; n += 1) await audit.publish({ id });
    for (let n = 0; n < 5; n += 1) await audit.publish({ id: '0198c0de-0000-7000-8000-0000000000a1', outcome: 'refused', code: 'a.b' });
    audit.start();
    audit.start();
    await eventually(async () => expect((await audit.read()).map(({ outcome, count }) => [outcome, count]).toSorted()).toEqual([['allowed', 1], ['refused', 1]]));
  });

  test('keeps entries that came together in one commit, and one that cannot be kept holds up none of them', async ({ audit }) => {
    for (let n = 0; n < 20; n += 1) await audit.publish({ action: `POST /api/${n}` });
    let isAway = true;
    const { addresses } = audit.keeperParts;
    const keep: typeof addresses.keep = (...asked) => (isAway ? Promise.reject(new Error('the keyring is away')) : addresses.keep(...asked));
    const intake = new AuditIntake({ nats: audit.nats, keeper: createAuditKeeper({ ...audit.keeperParts, addresses: { ...addresses, keep } }), logger: silent });
    intake.start();
    await eventually(async () => expect(await audit.read()).toHaveLength(20));
    const { rows } = await audit.pool.query<{ xmin: string }>('select distinct xmin::text from events');
    expect(rows.length).toBeLessThan(20);
    await Promise.all([audit.publish({ action: 'POST /waits', address: '203.0.113.99' }), audit.publish({ action: 'POST /after' })]);
    const actions = async () => (await audit.read()).map(({ action }) => action);
    await eventually(async () => expect(await actions()).toContain('POST /after'));
    expect(await actions()).not.toContain('POST /waits');
    isAway = false;
    await eventually(async () => expect(await actions()).toContain('POST /waits'));
    expect(await audit.store.head()).toBe(22);
    await intake.stop();
  });

  test('T956. counts the same refusals of a minute, and keeps a stranger’s network only', async ({ audit }) => {
    for (let n = 0; n < 30; n += 1) await audit.publish({ action: 'session.login', outcome: 'refused', code: 'session.wrong_credentials', address: '198.51.100.9' }, 'auth');
    await audit.publish({ action: 'session.login', outcome: 'refused', code: 'session.wrong_credentials', address: '198.51.100.10' }, 'auth');
    audit.start();
    await eventually(async () => expect((await audit.read()).reduce((sum, { count }) => sum + count, 0)).toBe(31));
    const entries = await audit.read();
    expect(entries.length).toBeLessThan(10);
    expect(entries).toContainEqual(expect.objectContaining({ count: 1, network: '198.51.100.0/24', address: null, service: 'auth' }));
    expect(JSON.stringify(await audit.store.read({ after: 0, limit: 100 }))).not.toContain('198.51.100.9');
  });

  test('T956. a stranger makes no more entries by naming things that he made up, from all addresses of his network', async ({ audit }) => {
    const tried = Array.from({ length: 60 }, (_, n) => ({ id: newId(), at: new Date(0).toISOString(), service: 'hub', action: 'GET /api/servers/:id', outcome: 'refused', code: 'session.needed', address: `2001:db8:1:2::${n}`, target: { id: `made-up-${n}` } }) as const);
    for (const entry of tried) await audit.keeper.keep(entry);
    await audit.keeper.tellRefusals();
    await eventually(async () => expect((await audit.read()).map(({ count }) => count)).toEqual([60]));
    expect(await audit.store.head()).toBe(1);
  });

  test('tells a batch once when a process died between telling it and noting so', async ({ audit }) => {
    await audit.keeper.keep({ id: newId(), at: new Date(0).toISOString(), service: 'hub', action: 'a.b', outcome: 'refused' });
    const dying = createAuditKeeper({ ...audit.keeperParts, refusals: { ...audit.keeperParts.refusals, told: async () => { throw new Error('killed'); } } });
    await expect(dying.tellRefusals()).rejects.toThrow('killed');
    // More of the same comes late; it is a batch of its own.
    await audit.keeper.keep({ id: newId(), at: new Date(0).toISOString(), service: 'hub', action: 'a.b', outcome: 'refused' });
    await Promise.all([audit.keeper.tellRefusals(), audit.keeper.tellRefusals()]);
    await eventually(async () => expect((await audit.read()).map(({ count }) => count)).toEqual([1, 1]));
    expect(await audit.store.head()).toBe(2);
  });

  test('finds the project of an agent', async ({ audit }) => {
    audit.start();
    await audit.publish({ action: 'agent.heartbeat', outcome: 'refused', actor: { kind: 'agent', id: 'agent-of-project' } }, 'agent-mgmt');
    await eventually(async () => expect(await audit.read()).toMatchObject([{ projectId: PROJECT, service: 'agent-mgmt' }]));
  });

  test('gives up what is no entry and goes on', async ({ audit }) => {
    audit.start();
    await audit.publish({ outcome: 'maybe' as 'allowed' });
    await audit.publish({ action: 'POST /after' });
    await eventually(async () => expect((await audit.read()).map(({ action }) => action)).toEqual(['POST /after']));
  });

  test('is read by who, what, how it ended and when, page by page', async ({ audit }) => {
    audit.start();
    for (const action of ['POST /api/a', 'POST /api/b', 'DELETE /api/a']) await audit.publish({ action, actor: { kind: 'user', id: USER }, projectId: PROJECT });
    await audit.publish({ action: 'POST /100%_', outcome: 'failed' });
    await eventually(async () => expect(await audit.read()).toHaveLength(4));
    const actions = async (asked: Parameters<typeof audit.read>[0]) => (await audit.read(asked)).map(({ action }) => action).toSorted();
    expect(await actions({ action: 'POST /api' })).toEqual(['POST /api/a', 'POST /api/b']);
    expect(await actions({ action: 'POST /1%' })).toEqual([]);
    expect(await actions({ actor: USER })).toHaveLength(3);
    expect(await actions({ outcome: 'failed' })).toEqual(['POST /100%_']);
    expect(await actions({ to: '2020-01-01T00:00:00.000Z' })).toEqual([]);
    const store = openAudit(audit.db, texts);
    const first = await store.list(everything, { limit: 3 });
    const second = await store.list(everything, { limit: 3, cursor: first.nextCursor ?? '' });
    expect([first.items.length, second.items.length, second.nextCursor]).toEqual([3, 1, null]);
    await expect(store.list(everything, { limit: 3, cursor: 'x' })).rejects.toThrow('cursor');
  });
});
