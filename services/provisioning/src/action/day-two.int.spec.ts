import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import {
  actOnServer, cancelAction, createServer, deleteServer, listActions, listServers, listSnapshots, maintainServer, protectServer, readAction, readServer, replaceDisk, ServerSpec,
  type ActionId, type ActionRecord, type DiskAction, type JobId, type PlainAction, type ProjectId, type Role, type ServerId,
} from '@citrus/contracts';
import { Forbidden, NotFound } from '@citrus/kit-domain';
import { eventually } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import { agentIdOf } from '../catalog/server-catalog.ts';
import { test as base } from '../testing/database.ts';
import { startLocalCloud, TOKEN, type LocalCloudProcess } from '../testing/local-cloud.ts';
import { meetNeighbours, type Neighbours } from '../testing/neighbours.ts';
import { prepareSite, startHere, type Site } from '../testing/running-service.ts';

const callsOf = async ({ requests, tokenOf, projectId: project }: Neighbours, role: Role = 'admin', asProject = project) => {
  const token = await tokenOf(role, asProject);
  const projectId = asProject as ProjectId;
  return {
    create: (name: string) => requests.call(createServer, { projectId, serverId: randomUUID() as ServerId, jobId: randomUUID() as JobId, spec: ServerSpec.parse({ name }) }, { token }),
    read: (serverId: ServerId) => requests.call(readServer, { projectId, serverId }, { token }),
    tagged: (tag: string) => requests.call(listServers, { projectId, tag, sort: 'name', limit: 50 }, { token }),
    delete: (serverId: ServerId) => requests.call(deleteServer, { projectId, serverId }, { token }),
    act: (serverId: ServerId, action: PlainAction, actionId = randomUUID()) => requests.call(actOnServer, { projectId, serverId, actionId: actionId as ActionId, action }, { token }),
    replaceDisk: (serverId: ServerId, action: DiskAction) => requests.call(replaceDisk, { projectId, serverId, actionId: randomUUID() as ActionId, action }, { token }),
    cancel: (serverId: ServerId, actionId: ActionId) => requests.call(cancelAction, { projectId, serverId, actionId }, { token }),
    readAction: (serverId: ServerId, actionId: ActionId) => requests.call(readAction, { projectId, serverId, actionId }, { token }),
    actions: (serverId: ServerId) => requests.call(listActions, { projectId, serverId, limit: 50 }, { token }),
    snapshots: (serverId: ServerId) => requests.call(listSnapshots, { projectId, serverId, limit: 200, sort: 'createdAt' }, { token }),
    protect: (serverId: ServerId, isProtected: boolean) => requests.call(protectServer, { projectId, serverId, isProtected }, { token }),
    maintain: (serverId: ServerId, isOn: boolean, reason?: string) => requests.call(maintainServer, { projectId, serverId, isOn, ...(reason !== undefined && { reason }) }, { token }),
  };
};
type Person = Awaited<ReturnType<typeof callsOf>>;

type World = { readonly cloud: LocalCloudProcess; readonly neighbours: Neighbours; readonly person: Person; readonly activeServer: (name: string) => Promise<ServerId> };

const test = base
  .extend('cloud', async ({}, { onCleanup }): Promise<LocalCloudProcess> => {
    const cloud = await startLocalCloud({ LOCAL_CLOUD_ACTIVE_AFTER_MS: '200', LOCAL_CLOUD_ACTION_TAKES_MS: '200', LOCAL_CLOUD_DELETE_TAKES_MS: '100', LOCAL_CLOUD_REQUESTS_PER_MINUTE: '5000' });
    onCleanup(() => cloud.stop());
    return cloud;
  })
  .extend('neighbours', async ({ nats }, { onCleanup }): Promise<Neighbours> => {
    const neighbours = await meetNeighbours(nats.url);
    onCleanup(() => neighbours.close());
    return neighbours;
  })
  .extend('site', async ({ nats, database, cloud }, { onCleanup }): Promise<Site> => {
    const site = await prepareSite({ natsUrl: nats.url, database, cloud });
    onCleanup(() => site.clear());
    return site;
  })
  .extend('world', async ({ cloud, neighbours, site }, { onCleanup }): Promise<World> => {
    const service = await startHere(site.env);
    onCleanup(() => service.stop());
    const person = await callsOf(neighbours);
    const activeServer = async (name: string): Promise<ServerId> => {
      const { id } = await eventually(() => person.create(name));
      const booting = await is(person, id, { status: 'initializing' });
      await neighbours.agentConnects(booting, agentIdOf(id));
      await is(person, id, { status: 'active' });
      return id;
    };
    return { cloud, neighbours, person, activeServer };
  });

const is = (person: Person, serverId: ServerId, like: object) =>
  eventually(async () => {
    const server = await person.read(serverId);
    expect(server).toMatchObject(like);
    return server;
  }, { timeoutMs: 100_000 });

const ended = (person: Person, { id, serverId }: ActionRecord) =>
  eventually(async () => {
    const action = await person.readAction(serverId, id);
    expect(action.endedAt, action.note ?? '').not.toBeNull();
    return action;
  }, { timeoutMs: 100_000 });

const done = async (person: Person, asked: Promise<ActionRecord>): Promise<ActionRecord> => {
  const action = await ended(person, await asked);
  expect(action, action.note ?? '').toMatchObject({ status: 'succeeded' });
  return action;
};

/** What the cloud itself has done with the droplet. */
const begunIn = async ({ cloud, person }: World, serverId: ServerId, type: string): Promise<number> => {
  const { dropletRef } = await person.read(serverId);
  const answer = await fetch(`${cloud.url}/v2/droplets/${dropletRef}/actions?per_page=200`, { headers: { authorization: `Bearer ${TOKEN}` } });
  return ((await answer.json()) as { actions: { type: string }[] }).actions.filter((action) => action.type === type).length;
};

describe('a server that is there', () => {
  test('is switched off, resized, switched on, renamed, and says each time what it is now', { timeout: 240_000 }, async ({ world }) => {
    const { person, activeServer } = world;
    const id = await activeServer('web');
    expect(await person.read(id)).toMatchObject({ power: 'on', action: null, isProtected: false, maintenance: null, backups: false });
    const refused = await ended(person, await person.act(id, { type: 'resize', size: 's-2vcpu-2gb', withDisk: false }));
    expect(refused).toMatchObject({ status: 'failed', note: 'A server must be off to be resized. Shut it down first.' });
    await done(person, person.act(id, { type: 'power-off' }));
    await is(person, id, { power: 'off', status: 'active', action: null });
    const unknown = await ended(person, await person.act(id, { type: 'resize', size: 's-999vcpu', withDisk: false }));
    expect(unknown).toMatchObject({ status: 'failed', note: expect.stringMatching(/s-999vcpu|size/i) });
    await done(person, person.act(id, { type: 'resize', size: 's-2vcpu-2gb', withDisk: false }));
    await is(person, id, { size: 's-2vcpu-2gb' });
    await done(person, person.act(id, { type: 'power-on' }));
    expect((await done(person, person.act(id, { type: 'power-on' }))).note).toBe('It was on already.');
    await done(person, person.act(id, { type: 'rename', name: 'shop' }));
    await is(person, id, { name: 'shop', power: 'on' });
    await done(person, person.act(id, { type: 'enable-backups' }));
    await is(person, id, { backups: true });
  });

  test('gets tags and loses them, here and at the cloud, also when the cloud’s answers are lost, and is found by them', { timeout: 240_000 }, async ({ world }) => {
    const { person, cloud, activeServer } = world;
    const id = await activeServer('web');
    const { dropletRef } = await person.read(id);
    const atCloud = async (): Promise<string[]> => {
      const answer = await fetch(`${cloud.url}/v2/droplets/${dropletRef}`, { headers: { authorization: `Bearer ${TOKEN}` } });
      return ((await answer.json()) as { droplet: { tags: string[] } }).droplet.tags;
    };
    await cloud.faults({ lostAnswer: { times: 2, mode: 'reset', method: 'POST', path: '/v2/tags' } });
    const actionId = randomUUID();
    const order = { type: 'tag', add: ['shop', 'canary'], remove: ['never-there'] } as const;
    const [first, again] = await Promise.all([person.act(id, { ...order, add: [...order.add], remove: [...order.remove] }, actionId), person.act(id, { ...order, add: [...order.add], remove: [...order.remove] }, actionId)]);
    expect(again.id).toBe(first.id);
    await done(person, Promise.resolve(first));
    await is(person, id, { tags: ['citrus-host', 'shop', 'canary'] });
    expect(await atCloud()).toEqual(expect.arrayContaining(['citrus-fleet', `citrus-srv:${id}`, 'citrus-host', 'shop', 'canary']));
    expect((await person.tagged('shop')).items.map((server) => server.id)).toEqual([id]);
    await done(person, person.act(id, { type: 'tag', add: [], remove: ['Canary'] }));
    await is(person, id, { tags: ['citrus-host', 'shop'] });
    expect(await atCloud()).not.toContain('canary');
    for (const remove of ['citrus-host', 'citrus-fleet', `citrus-srv:${id}`]) await expect(person.act(id, { type: 'tag', add: [], remove: [remove] })).rejects.toMatchObject({ code: 'tag.reserved' });
    expect((await person.tagged('canary')).items).toEqual([]);
  });

  test('T865. gets one snapshot although the cloud’s answers are lost, is restored from it by admins and from no other’s, and its agent enrols again', { timeout: 240_000 }, async ({ world }) => {
    const { person, neighbours, cloud, activeServer } = world;
    const id = await activeServer('web');
    await cloud.faults({ lostAnswer: { times: 1, mode: 'reset', method: 'POST', path: '/v2/droplets/' }, slowAction: { type: 'snapshot', ms: 5000, times: 1 } });
    const actionId = randomUUID();
    const [first, again] = await Promise.all([person.act(id, { type: 'snapshot', name: 'nightly' }, actionId), person.act(id, { type: 'snapshot', name: 'nightly' }, actionId)]);
    expect(again.id).toBe(first.id);
    await expect(person.act(id, { type: 'reboot' })).rejects.toMatchObject({ code: 'server.busy', message: expect.stringMatching(/^Server web is being copied into a snapshot since \d\d:\d\d UTC/) });
    await expect(person.act(id, { type: 'reboot' }, actionId)).rejects.toMatchObject({ code: 'idempotency.reused' });
    const taken = await ended(person, first);
    expect(taken, taken.note ?? '').toMatchObject({ status: 'succeeded', snapshotRef: expect.any(String) });
    await cloud.faults({});
    expect(await begunIn(world, id, 'snapshot')).toBe(1);
    const snapshotRef = taken.snapshotRef as string;
    expect((await person.snapshots(id)).items).toMatchObject([{ ref: snapshotRef, name: 'nightly', kind: 'snapshot' }]);
    const operator = await callsOf(neighbours, 'operator');
    await expect(operator.replaceDisk(id, { type: 'restore', snapshotRef })).rejects.toBeInstanceOf(Forbidden);
    await expect(operator.protect(id, true)).rejects.toBeInstanceOf(Forbidden);
    // Another server's snapshot is none of this one's business, though it is in the same account.
    const other = await activeServer('other');
    expect(await ended(person, await person.replaceDisk(other, { type: 'restore', snapshotRef }))).toMatchObject({ status: 'failed', note: `This server has no snapshot or backup ${snapshotRef}.` });
    expect(await ended(person, await person.act(other, { type: 'remove-snapshot', snapshotRef }))).toMatchObject({ status: 'failed' });
    expect((await person.read(other)).status).toBe('active');
    const restoring = await person.replaceDisk(id, { type: 'restore', snapshotRef });
    const waiting = await is(person, id, { status: 'initializing' });
    expect((await ended(person, restoring)).status).toBe('succeeded');
    expect((await person.read(id)).status).toBe('initializing');
    await neighbours.agentConnects(waiting, agentIdOf(id));
    await is(person, id, { status: 'active', note: null });
    await done(person, person.act(id, { type: 'remove-snapshot', snapshotRef }));
    expect((await person.snapshots(id)).items).toEqual([]);
  });

  test('is not deleted, rebuilt or made anew while it is protected, and goes afterwards with whatever was to be done', { timeout: 240_000 }, async ({ world }) => {
    const { person, neighbours, activeServer } = world;
    const id = await activeServer('web');
    expect(await person.protect(id, true)).toMatchObject({ isProtected: true });
    await expect(person.delete(id)).rejects.toMatchObject({ code: 'server.protected', message: 'Server web is protected: it cannot be deleted. An admin can take the protection off first.' });
    await expect(person.replaceDisk(id, { type: 'rebuild', image: 'debian-12-x64' })).rejects.toMatchObject({ code: 'server.protected' });
    expect(await person.maintain(id, true, 'a new disk')).toMatchObject({ maintenance: { reason: 'a new disk' } });
    expect(await person.maintain(id, false)).toMatchObject({ maintenance: null });
    expect(await person.protect(id, false)).toMatchObject({ isProtected: false });
    const rebuilding = await person.replaceDisk(id, { type: 'rebuild', image: 'debian-12-x64' });
    await is(person, id, { status: 'initializing' });
    expect((await ended(person, rebuilding)).status).toBe('succeeded');
    const rebuilt = await is(person, id, { image: 'debian-12-x64' });
    await neighbours.agentConnects(rebuilt, agentIdOf(id));
    await is(person, id, { status: 'active' });
    const stranger = await callsOf(neighbours, 'owner', randomUUID());
    await expect(stranger.act(id, { type: 'reboot' })).rejects.toBeInstanceOf(NotFound);
    await expect(stranger.snapshots(id)).rejects.toBeInstanceOf(NotFound);
    const last = await person.act(id, { type: 'snapshot', name: 'last' });
    await person.delete(id);
    expect((await ended(person, last)).status).not.toBe('requested');
    await is(person, id, { status: 'deleted', action: null, power: null });
    await expect(person.act(id, { type: 'reboot' })).rejects.toMatchObject({ code: 'server.not_there' });
  });
});
