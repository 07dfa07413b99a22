/**
 * What a large installation asks of its cloud: 1,000 servers are there, 50 more are made, by the service itself against
 * the local cloud with DigitalOcean's real limits. It takes more than half a minute because look-ups wait for each other.
 */
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, readServer, ServerSpec, type JobId, type ProjectId, type Server, type ServerId } from '@citrus/contracts';
import { fold } from '@citrus/kit-domain';
import { newId, openEventStore, openPool } from '@citrus/kit-event-store';
import { eventually, type TestDatabase } from '@citrus/kit-testing';
import { expect } from 'vitest';
import { agentIdOf } from '../catalog/server-catalog.ts';
import { FLEET_TAG, nameOfAttempt, tagOfServer } from '../provider/provider.port.ts';
import type { ServerCommand } from '../server/server.commands.ts';
import { serverDecider } from '../server/server.decider.ts';
import { streamOf, type ServerEvent } from '../server/server.events.ts';
import { test as base } from '../testing/database.ts';
import { busiestMinute, startCountingProxy, type CountingProxy } from '../testing/counting-proxy.ts';
import { startLocalCloud, TOKEN } from '../testing/local-cloud.ts';
import { meetNeighbours, type Neighbours } from '../testing/neighbours.ts';
import { prepareSite, startHere } from '../testing/running-service.ts';

const THERE = 1000;
const NEW = 50;

const spec = ServerSpec.parse({ name: 'web' });
const nameOf = (serverId: ServerId): string => nameOfAttempt(spec.name, serverId, 1);

/** In a cloud that has no limits yet; gives each server's droplet. */
const fillCloud = async (dir: string, serverIds: readonly ServerId[]): Promise<Map<ServerId, string>> => {
  const cloud = await startLocalCloud({ LOCAL_CLOUD_PRESET: 'bench', LOCAL_CLOUD_DRIVER: 'none', LOCAL_CLOUD_DIR: dir });
  const refs = new Map<ServerId, string>();
  try {
    for (let from = 0; from < serverIds.length; from += 50) {
      await Promise.all(serverIds.slice(from, from + 50).map(async (serverId) => {
        const body = { name: nameOf(serverId), region: spec.region, size: spec.size, image: spec.image, tags: [FLEET_TAG, tagOfServer(serverId)] };
        const answer = await fetch(`${cloud.url}/v2/droplets`, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
        const { droplet } = (await answer.json()) as { droplet: { id: number } };
        refs.set(serverId, String(droplet.id));
      }));
    }
  } finally {
    await cloud.stop();
  }
  return refs;
};

/** An active server's log, as its life would have written it. */
const lifeOf = (serverId: ServerId, projectId: ProjectId, dropletRef: string): ServerEvent[] => {
  const at = new Date(Date.now() - 3_600_000).toISOString();
  const [agentId, jobId] = [agentIdOf(serverId), randomUUID() as JobId];
  const first = { serverId, attempt: 1, tryNumber: 1 };
  const commands: ServerCommand[] = [
    { type: 'RequestServer', at, data: { serverId, projectId, agentId, jobId, spec } },
    { type: 'IntendCreate', at, data: { ...first, name: nameOf(serverId), tag: tagOfServer(serverId) } },
    { type: 'RecordAccepted', at, data: { ...first, dropletRef } },
    { type: 'RecordReady', at, data: { serverId, attempt: 1, dropletRef, ipAddress: '10.0.0.1' } },
    { type: 'RecordAgentConnected', at, data: { serverId, agentId } },
    { type: 'RecordSwept', at, data: { serverId, since: at } },
  ];
  return commands.reduce<ServerEvent[]>((events, command) => [...events, ...serverDecider.decide(command, fold(serverDecider, events))], []);
};

const fillLog = async ({ serviceUrl }: TestDatabase, projectId: ProjectId, refs: ReadonlyMap<ServerId, string>): Promise<void> => {
  const pool = openPool({ databaseUrl: serviceUrl });
  const store = openEventStore({ pool, service: 'provisioning' });
  const servers = [...refs];
  for (let from = 0; from < servers.length; from += 100) {
    const appends = servers.slice(from, from + 100).map(([serverId, ref]) => ({ stream: streamOf(serverId), expected: 'none' as const, events: lifeOf(serverId, projectId, ref) }));
    await store.appendAll(appends, { commandId: newId(), actor: { kind: 'user', id: 'ada' }, projectId, correlationId: 'test' });
  }
  await pool.end();
};

/** `last`: of those that are there, in the log. `countAtWork`: servers for which there is something left to do. */
type Stage = { readonly proxy: CountingProxy; readonly neighbours: Neighbours; readonly last: ServerId; readonly countAtWork: () => Promise<number> };

const test = base.extend('stage', async ({ nats, database }, { onCleanup }): Promise<Stage> => {
  const ends: (() => Promise<unknown>)[] = [];
  onCleanup(async () => {
    for (const end of ends.toReversed()) await end();
  });
  const ending = <T>(thing: T, end: (thing: T) => Promise<unknown>): T => {
    ends.push(() => end(thing));
    return thing;
  };
  const dir = ending(await mkdtemp(join(tmpdir(), 'citrus-thousand-')), (folder) => rm(folder, { recursive: true, force: true }));
  const refs = await fillCloud(dir, Array.from({ length: THERE }, () => randomUUID() as ServerId));
  const cloud = ending(await startLocalCloud({
    LOCAL_CLOUD_DRIVER: 'none', LOCAL_CLOUD_DIR: dir, LOCAL_CLOUD_DROPLET_LIMIT: '2000', LOCAL_CLOUD_ACTIVE_AFTER_MS: '5000',
    LOCAL_CLOUD_REQUESTS_PER_MINUTE: '250', LOCAL_CLOUD_REQUESTS_PER_HOUR: '5000',
  }), (one) => one.stop());
  const proxy = ending(await startCountingProxy(cloud.url), (one) => one.close());
  const neighbours = ending(await meetNeighbours(nats.url), (one) => one.close());
  const site = ending(await prepareSite({ natsUrl: nats.url, database, cloud: { ...cloud, url: proxy.url } }), (one) => one.clear());
  await fillLog(database, neighbours.projectId as ProjectId, refs);
  const settings = { CITRUS_CLOUD_CREATE_TIMEOUT_MS: '2000', CITRUS_CLOUD_SETTLE_MS: '5000', CITRUS_POLL_FIRST_MS: '1000', CITRUS_POLL_LONGEST_MS: '15000', CITRUS_RECONCILE_EVERY_MS: '20000' };
  ending(await startHere({ ...site.env, ...settings }), (one) => one.stop());
  const pool = ending(openPool({ databaseUrl: database.serviceUrl }), (one) => one.end());
  const countAtWork = async () => (await pool.query<{ count: number }>('select count(*)::int as count from server_work where wake_at is not null')).rows[0]?.count ?? -1;
  return { proxy, neighbours, last: [...refs.keys()].at(-1) as ServerId, countAtWork };
});

const kindOf = ({ method, path }: { method: string; path: string }): string => {
  if (method !== 'GET') return method;
  if (path.includes('tag_name=citrus-fleet')) return 'pages of the fleet';
  return /tag_name|name=/.test(path) ? 'look-ups' : 'single GETs';
};

test('at 1,000 servers the client stays under 250 requests a minute while 50 are made', { timeout: 420_000 }, async ({ stage: { proxy, neighbours, last, countAtWork } }) => {
  const projectId = neighbours.projectId as ProjectId;
  const token = await neighbours.tokenOf('operator');
  const read = (serverId: ServerId) => neighbours.requests.call(readServer, { projectId, serverId }, { token });
  await eventually(async () => {
    expect((await read(last)).status).toBe('active');
  }, { timeoutMs: 60_000 });
  const begunAt = Date.now();
  const ask = () => {
    const order = { projectId, serverId: randomUUID() as ServerId, jobId: randomUUID() as JobId, spec: ServerSpec.parse({ name: 'web' }) };
    return eventually(() => neighbours.requests.call(createServer, order, { token }), { timeoutMs: 60_000 }); // the same job, however busy the machine
  };
  const asked = await Promise.all(Array.from({ length: NEW }, ask));
  const becomes = (serverId: ServerId, status: Server['status']) => eventually(async () => {
    const server = await read(serverId);
    expect(server.status, server.note ?? '').toBe(status);
    return server;
  }, { timeoutMs: 240_000 });
  await Promise.all(asked.map(async ({ id }) => {
    await neighbours.agentConnects(await becomes(id, 'initializing'), agentIdOf(id));
    await becomes(id, 'active');
  }));
  const tookMs = Date.now() - begunAt;
  // Then each is looked up once more for twins; together, or it would show here.
  await eventually(async () => expect(await countAtWork()).toBe(0), { timeoutMs: 120_000 });
  const kinds = Object.groupBy(proxy.passed, kindOf);
  const told = Object.entries(kinds).map(([kind, passed]) => `${passed?.length} ${kind}`).join(', ');
  console.info(`${NEW} servers beside ${THERE} were active after ${Math.round(tookMs / 1000)} s: at most ${busiestMinute(proxy.passed)} requests a minute, ${proxy.passed.length} in ${Math.round((Date.now() - begunAt) / 1000)} s (${told})`);
  expect(proxy.passed.filter(({ status }) => status === 429)).toEqual([]);
  expect(kinds['POST']).toHaveLength(NEW);
  expect(busiestMinute(proxy.passed)).toBeLessThan(250);
});
