import 'reflect-metadata';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createServer, deleteServer, listServers, readServer, retryServer, ServerSpec, type JobId, type ProjectId, type Server, type ServerId } from '@citrus/contracts';
import { NotFound, Refusal } from '@citrus/kit-domain';
import type { RunningService } from '@citrus/kit-service';
import { eventually } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import { agentIdOf } from './catalog/server-catalog.ts';
import { test as base } from './testing/database.ts';
import { startLocalCloud, TOKEN, type LocalCloudProcess } from './testing/local-cloud.ts';
import { meetNeighbours, type Neighbours } from './testing/neighbours.ts';
import { prepareSite, startHere, startProcess } from './testing/running-service.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const test = base
  .extend('cloud', async ({}, { onCleanup }): Promise<LocalCloudProcess> => {
    const cloud = await startLocalCloud({ LOCAL_CLOUD_ACTIVE_AFTER_MS: '300', LOCAL_CLOUD_DELETE_TAKES_MS: '100', LOCAL_CLOUD_REQUESTS_PER_MINUTE: '5000' });
    onCleanup(() => cloud.stop());
    return cloud;
  })
  .extend('neighbours', async ({ nats }, { onCleanup }): Promise<Neighbours> => {
    const neighbours = await meetNeighbours(nats.url);
    onCleanup(() => neighbours.close());
    return neighbours;
  })
  .extend('env', async ({ nats, database, cloud }, { onCleanup }): Promise<NodeJS.ProcessEnv> => {
    const site = await prepareSite({ natsUrl: nats.url, database, cloud });
    onCleanup(() => site.clear());
    return site.env;
  })
  .extend('start', async ({ env }, { onCleanup }): Promise<(settings?: NodeJS.ProcessEnv) => Promise<RunningService>> => {
    const running: RunningService[] = [];
    onCleanup(async () => void (await Promise.all(running.map((service) => service.stop()))));
    return async (settings = {}) => {
      const service = await startHere({ ...env, ...settings });
      running.push(service);
      return service;
    };
  });

/** A person's calls, through the broker as the hub makes them. */
const personOf = async ({ requests, tokenOf, projectId: project }: Neighbours) => {
  const token = await tokenOf('operator');
  const projectId = project as ProjectId;
  return {
    create: (order: { serverId?: string; jobId?: string; size?: string; tags?: string[] } = {}) =>
      requests.call(createServer, {
        projectId, serverId: (order.serverId ?? randomUUID()) as ServerId, jobId: (order.jobId ?? randomUUID()) as JobId,
        spec: ServerSpec.parse({ name: 'web', ...(order.size && { size: order.size }), ...(order.tags && { tags: order.tags }) }),
      }, { token }),
    read: (serverId: ServerId) => requests.call(readServer, { projectId, serverId }, { token }),
    list: (filter: object = {}) => requests.call(listServers, listServers.input.parse({ projectId, ...filter }), { token }),
    delete: (serverId: ServerId) => requests.call(deleteServer, { projectId, serverId }, { token }),
    retry: (serverId: ServerId) => requests.call(retryServer, { projectId, serverId }, { token }),
  };
};
type Person = Awaited<ReturnType<typeof personOf>>;

const reaches = (person: Person, serverId: ServerId, status: Server['status']) =>
  eventually(async () => {
    const server = await person.read(serverId);
    expect(server.status, server.note ?? '').toBe(status);
    return server;
  }, { timeoutMs: 60_000 });

const dropletsOf = async (cloud: LocalCloudProcess): Promise<string[]> => {
  const answer = await fetch(`${cloud.url}/v2/droplets?per_page=200`, { headers: { authorization: `Bearer ${TOKEN}` } });
  return ((await answer.json()) as { droplets: { id: number }[] }).droplets.map(({ id }) => String(id));
};

/** The service answers from now on. */
const isUp = (person: Person) => eventually(() => person.list().then(() => true), { timeoutMs: 60_000 });

describe('a server', () => {
  test('is shown when it was asked for, becomes active with its agent, and is removed on request', async ({ start, neighbours, cloud }) => {
    // A create that a busy machine begins too late is not sent: it would have another enrolment.
    await start({ CITRUS_CLOUD_CREATE_TIMEOUT_MS: '30000' });
    const person = await personOf(neighbours);
    await isUp(person);
    const asked = await person.create();
    expect(asked).toMatchObject({ name: 'web', status: 'creating', region: 'sfo3', size: 's-1vcpu-512mb-10gb', agentId: null, ipAddress: null });
    expect((await person.list()).items.map(({ id }) => id)).toEqual([asked.id]);
    const booting = await reaches(person, asked.id, 'initializing');
    expect(booting).toMatchObject({ dropletRef: (await dropletsOf(cloud))[0], ipAddress: expect.stringMatching(/^127\.77\./) });
    await neighbours.agentConnects(booting, agentIdOf(asked.id));
    expect(await reaches(person, asked.id, 'active')).toMatchObject({ agentId: agentIdOf(asked.id), note: null });
    expect(neighbours.enrolments).toEqual([{ serverId: asked.id, attempt: 1 }]);
    expect((await person.delete(asked.id)).status).toBe('deleting');
    await reaches(person, asked.id, 'deleted');
    expect(await dropletsOf(cloud)).toEqual([]);
    expect((await person.list()).items).toEqual([]);
  });

  test('is one server, however often and by however many its job asks for it', async ({ start, neighbours, cloud }) => {
    await start();
    const person = await personOf(neighbours);
    await isUp(person);
    const jobId = randomUUID();
    const answers = await Promise.all(Array.from({ length: 6 }, () => person.create({ jobId })));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    const [first] = answers;
    if (!first) throw new Error('no answer');
    await expect(person.create({ jobId, size: 's-2vcpu-2gb' })).rejects.toMatchObject({ code: 'idempotency.reused' });
    await expect(person.create({ serverId: first.id })).rejects.toBeInstanceOf(Refusal);
    await expect(person.create({ tags: [`citrus-srv:${first.id}`] })).rejects.toMatchObject({ code: 'tag.reserved' });
    await reaches(person, first.id, 'initializing');
    expect(await dropletsOf(cloud)).toHaveLength(1);
    expect((await person.list()).items).toHaveLength(1);
  });

  test('fails with a reason that people understand, and can be tried again or deleted', async ({ start, neighbours, cloud }) => {
    await start({ CITRUS_INITIALIZING_DEADLINE_MS: '700' });
    const person = await personOf(neighbours);
    await isUp(person);
    const wrong = await person.create({ size: 's-999vcpu' });
    expect((await reaches(person, wrong.id, 'failed')).note).toBe('The cloud has no size named s-999vcpu.');
    await person.delete(wrong.id);
    await reaches(person, wrong.id, 'deleted');
    const silent = await person.create();
    await reaches(person, silent.id, 'failed');
    const [before] = await dropletsOf(cloud);
    expect((await person.retry(silent.id)).status).toBe('creating');
    await expect(person.retry(silent.id)).rejects.toMatchObject({ code: 'server.not_failed' });
    const again = await reaches(person, silent.id, 'failed');
    expect(again.note).toContain('its agent has not connected');
    expect(await dropletsOf(cloud)).toEqual([again.dropletRef]);
    expect(again.dropletRef).not.toBe(before);
  });

  test('of another project is not there', async ({ start, neighbours }) => {
    await start();
    const person = await personOf(neighbours);
    await isUp(person);
    const { id } = await person.create();
    const projectId = randomUUID();
    const stranger = await personOf({ ...neighbours, projectId, tokenOf: (role) => neighbours.tokenOf(role, projectId) });
    await expect(stranger.read(id)).rejects.toBeInstanceOf(NotFound);
    await expect(stranger.delete(id)).rejects.toBeInstanceOf(NotFound);
    expect((await stranger.list()).items).toEqual([]);
  });
});

describe('a service that is killed again and again', () => {
  test('makes one droplet, although answers are lost and lists lag', { timeout: 300_000 }, async ({ env, neighbours, cloud, onTestFinished }) => {
    await promisify(execFile)(`${ROOT}/node_modules/.bin/tsc`, ['-b', `${ROOT}/services/provisioning`]);
    await cloud.faults({ lostAnswer: { times: 2, mode: 'reset' }, listLagMs: 900, tagLagMs: 1200, getLagMs: 900, networkLagMs: 300 });
    // What was sent is not taken for lost, however long the cloud itself has stood still.
    const patient = { ...env, CITRUS_CLOUD_SETTLE_MS: '10000' };
    let running = startProcess(patient);
    onTestFinished(async () => void (await running.kill('SIGKILL')));
    const person = await personOf(neighbours);
    await isUp(person);
    const servers = await Promise.all([person.create(), person.create(), person.create()]);
    const story = async () => JSON.stringify((await person.list()).items.map(({ status, note }) => [status, note]));
    /** Until agents connect, nothing follows. */
    const isOver = async () => (await person.list()).items.every(({ status }) => status === 'initializing');
    for (let kills = 0; kills < 3; kills += 1) {
      const before = await story();
      await eventually(async () => expect((await story()) !== before || (await isOver())).toBe(true), { timeoutMs: 60_000 }); // killed right after a step, and so before the next one
      await running.kill('SIGKILL');
      running = startProcess(patient);
      await isUp(person);
    }
    const booting = await Promise.all(servers.map(({ id }) => reaches(person, id, 'initializing')));
    await Promise.all(booting.map((server) => neighbours.agentConnects(server, agentIdOf(server.id))));
    const active = await Promise.all(servers.map(({ id }) => reaches(person, id, 'active')));
    expect((await dropletsOf(cloud)).sort()).toEqual(active.map(({ dropletRef }) => dropletRef).sort());
    expect(await running.kill('SIGTERM')).toBe(0);
  });
});
