import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { changeGroup, createGroup, deleteGroup, GroupId, GroupSpec, listGroups, listServers, pauseGroup, readGroup, readLoad, readReconcile, repairFleet, repairFinding, runFleetReport, runReconcile, readServer, retryServer, type LoadMinute, type ProjectId, type Server, type ServerGroup, type ServerId } from '@citrus/contracts';
import { NotFound } from '@citrus/kit-domain';
import type { RunningService } from '@citrus/kit-service';
import { eventually } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import { agentIdOf } from '../catalog/server-catalog.ts';
import { FLEET_TAG, tagOfServer } from '../provider/provider.port.ts';
import { test as base } from '../testing/database.ts';
import { startLocalCloud, TOKEN, type LocalCloudProcess } from '../testing/local-cloud.ts';
import { meetNeighbours, type Neighbours } from '../testing/neighbours.ts';
import { prepareSite, startHere } from '../testing/running-service.ts';

const WAIT = { timeoutMs: 90_000 };

/** What an operator may do, and an administrator, through the broker as the hub asks it. */
const personOf = async ({ requests, tokenOf, administratorToken }: Neighbours, project: string) => {
  const [projectId, token, administrator] = [project as ProjectId, await tokenOf('operator', project), await administratorToken()];
  return {
    create: (groupId: string, spec: object) => requests.call(createGroup, { projectId, groupId: groupId as GroupId, spec: GroupSpec.parse({ name: 'shop', ...spec }) }, { token }),
    change: (groupId: GroupId, changes: object) => requests.call(changeGroup, changeGroup.input.parse({ projectId, groupId, changes }), { token }),
    pause: (groupId: GroupId) => requests.call(pauseGroup, { projectId, groupId }, { token }),
    delete: (groupId: GroupId, keepsServers: boolean) => requests.call(deleteGroup, { projectId, groupId, keepsServers }, { token }),
    read: (groupId: GroupId) => requests.call(readGroup, { projectId, groupId }, { token }),
    groups: () => requests.call(listGroups, listGroups.input.parse({ projectId }), { token }),
    servers: async (): Promise<Server[]> => (await requests.call(listServers, listServers.input.parse({ projectId }), { token })).items,
    server: (serverId: ServerId) => requests.call(readServer, { projectId, serverId }, { token }),
    retry: (serverId: ServerId) => requests.call(retryServer, { projectId, serverId }, { token }),
    report: () => requests.call(readReconcile, { projectId }, { token }),
    compare: () => requests.call(runReconcile, { projectId }, { token }),
    repair: (finding: string) => requests.call(repairFinding, { projectId, finding }, { token }),
    compareAll: () => requests.call(runFleetReport, {}, { token: administrator }),
    destroy: (finding: string, machineRef: string) => requests.call(repairFleet, { finding, machineRef }, { token: administrator }),
  };
};
type Person = Awaited<ReturnType<typeof personOf>>;

const test = base
  .extend('cloud', async ({}, { onCleanup }): Promise<LocalCloudProcess> => {
    const cloud = await startLocalCloud({ LOCAL_CLOUD_ACTIVE_AFTER_MS: '100', LOCAL_CLOUD_DELETE_TAKES_MS: '100', LOCAL_CLOUD_REQUESTS_PER_MINUTE: '5000' });
    onCleanup(() => cloud.stop());
    return cloud;
  })
  .extend('neighbours', async ({ nats }, { onCleanup }): Promise<Neighbours> => {
    const neighbours = await meetNeighbours(nats.url);
    onCleanup(() => neighbours.close());
    return neighbours;
  })
  .extend('open', async ({ nats, database, cloud, neighbours }, { onCleanup }) => {
    const site = await prepareSite({ natsUrl: nats.url, database, cloud });
    const running: RunningService[] = [];
    onCleanup(async () => {
      await Promise.all(running.map((service) => service.stop()));
      await site.clear();
    });
    return async (replicas = 1): Promise<Person> => {
      for (let replica = 0; replica < replicas; replica += 1) running.push(await startHere({ ...site.env, CITRUS_GROUP_LOOK_MS: '300' }));
      const person = await personOf(neighbours, neighbours.projectId);
      await eventually(() => person.groups().then(() => true));
      return person;
    };
  });

/** The agents of whatever boots say hello. */
const wakeUp = async (person: Person, { agentConnects }: Neighbours, done: Set<string>): Promise<void> => {
  for (const server of await person.servers()) {
    if (server.status !== 'initializing' || done.has(server.id)) continue;
    done.add(server.id);
    await agentConnects(server, agentIdOf(server.id));
  }
};
const comesTo = async (person: Person, neighbours: Neighbours, groupId: GroupId, active: number): Promise<ServerGroup> => {
  const done = new Set<string>();
  return eventually(async () => {
    await wakeUp(person, neighbours, done);
    const group = await person.read(groupId);
    expect(group.members.map(({ status }) => status), group.note ?? '').toEqual(Array.from({ length: active }, () => 'active'));
    return group;
  }, WAIT);
};
const machines = async (cloud: LocalCloudProcess): Promise<number[]> => {
  const answer = await fetch(`${cloud.url}/v2/droplets?per_page=200`, { headers: { authorization: `Bearer ${TOKEN}` } });
  return ((await answer.json()) as { droplets: { id: number }[] }).droplets.map(({ id }) => id);
};
const call = (cloud: LocalCloudProcess, method: string, path: string, body?: object) =>
  fetch(`${cloud.url}/v2/${path}`, { method, headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }, ...(body && { body: JSON.stringify(body) }) });

describe('a server group', () => {
  test('comes to its target in two replicas, grows by its rule, shrinks on request, and goes with all its servers', { timeout: 300_000 }, async ({ open, neighbours, cloud }) => {
    const person = await open(2);
    const groupId = GroupId.parse(randomUUID());
    const made = await person.create(groupId, { min: 1, max: 3, target: 2 });
    expect(made).toMatchObject({ id: groupId, name: 'shop', status: 'active', target: 2 });
    expect(made.members.filter(({ status }) => status === 'active')).toEqual([]);
    expect(await person.create(groupId, { min: 1, max: 3, target: 2 }), 'the same wish again').toMatchObject({ id: groupId });
    const { members } = await comesTo(person, neighbours, groupId, 2);
    expect(members.map(({ name }) => name)).toEqual(['shop-1', 'shop-2']);
    expect(await machines(cloud)).toHaveLength(2);

    // Nobody answers for metrics yet: the group says so and stays.
    await person.change(groupId, { policy: { outAbove: 70, inBelow: 10, forMinutes: 1, coolDownMinutes: 1440 } });
    await eventually(async () => expect((await person.read(groupId)).load?.note).toContain('The metrics service does not answer'), WAIT);
    expect((await person.read(groupId)).target).toBe(2);
    const busy = (from: string): LoadMinute[] => [{ at: from, cpuPercent: 90, memoryPercent: 1, servers: 2 }];
    neighbours.nats.subscribe(readLoad.subject, { callback: (_error, message) => void message.respond(JSON.stringify({ minutes: busy((message.json<{ from: string }>()).from) })) });
    expect((await comesTo(person, neighbours, groupId, 3)).target).toBe(3);
    expect(await machines(cloud)).toHaveLength(3);

    await person.change(groupId, { target: 1, policy: null });
    expect((await comesTo(person, neighbours, groupId, 1)).members.map(({ name }) => name), 'the newest went first').toEqual(['shop-1']);
    await eventually(async () => expect(await machines(cloud)).toHaveLength(1), WAIT);
    await expect(person.change(groupId, { target: 9 })).rejects.toMatchObject({ code: 'group.target' });

    await person.delete(groupId, false);
    await eventually(async () => expect(await person.read(groupId)).toMatchObject({ status: 'deleted', members: [] }), WAIT);
    expect(await machines(cloud)).toEqual([]);
    expect((await person.groups()).items).toEqual([]);
    const stranger = await personOf(neighbours, randomUUID());
    await expect(stranger.read(groupId)).rejects.toBeInstanceOf(NotFound);
  });

  test('leaves its servers to people when it is deleted so', { timeout: 240_000 }, async ({ open, neighbours, cloud }) => {
    const person = await open();
    const groupId = GroupId.parse(randomUUID());
    await person.create(groupId, { min: 1, max: 1 });
    await comesTo(person, neighbours, groupId, 1);
    await person.delete(groupId, true);
    await eventually(async () => expect(await person.read(groupId)).toMatchObject({ status: 'deleted', members: [] }), WAIT);
    expect((await person.servers()).map(({ name, status }) => `${name} ${status}`)).toEqual(['shop-1 active']);
    expect(await machines(cloud)).toHaveLength(1);
  });
});

describe('the fleet, compared with the log', () => {
  test('shows a ghost and a machine of nobody, repaired on request, and notes what was switched off', { timeout: 300_000 }, async ({ open, neighbours, cloud }) => {
    const person = await open();
    const groupId = GroupId.parse(randomUUID());
    await person.create(groupId, { min: 2, max: 2 });
    await comesTo(person, neighbours, groupId, 2);
    // Whatever happens next is this test's own doing.
    await person.pause(groupId);
    const [one, other] = await person.servers();
    if (!one?.dropletRef || !other?.dropletRef) throw new Error('no servers');
    expect((await person.compare()).findings).toEqual([]);

    await call(cloud, 'DELETE', `droplets/${one.dropletRef}`);
    const stranger = tagOfServer(randomUUID());
    const made = await call(cloud, 'POST', 'droplets', { name: 'stranger', region: 'sfo3', size: 's-1vcpu-512mb-10gb', image: 'ubuntu-22-04-x64', tags: [FLEET_TAG, stranger] });
    const { droplet } = (await made.json()) as { droplet: { id: number } };
    // Older than the settle window.
    const found = async () => (await person.compareAll()).findings.map(({ id, isConfirmed }) => `${id} ${isConfirmed}`).sort();
    await eventually(async () => expect(await found()).toEqual([`ghost-${one.id} true`, `orphan-${droplet.id} true`]), WAIT);
    expect((await person.report()).findings.map(({ id }) => id), 'members see what is of their project').toEqual([`ghost-${one.id}`]);

    expect((await person.repair(`ghost-${one.id}`)).done).toContain('marked failed');
    expect(await person.server(one.id)).toMatchObject({ status: 'failed', note: expect.stringContaining('disappeared from the cloud') });
    await expect(person.repair(`orphan-${droplet.id}`)).rejects.toBeInstanceOf(NotFound);
    await expect(person.destroy(`orphan-${droplet.id}`, one.dropletRef)).rejects.toMatchObject({ code: 'finding.ref_needed' });
    await person.destroy(`orphan-${droplet.id}`, String(droplet.id));
    await eventually(async () => expect(await machines(cloud)).toEqual([Number(other.dropletRef)]), WAIT);
    await person.retry(one.id);
    await eventually(async () => {
      await wakeUp(person, neighbours, new Set());
      expect((await person.server(one.id)).status).toBe('active');
    }, WAIT);
    await eventually(async () => expect(await found()).toEqual([]), WAIT);

    await call(cloud, 'POST', `droplets/${other.dropletRef}/actions`, { type: 'power_off' });
    await eventually(async () => {
      await person.compareAll();
      expect((await person.server(other.id)).power).toBe('off');
    }, WAIT);
  });
});
