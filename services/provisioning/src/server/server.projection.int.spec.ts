import { randomUUID } from 'node:crypto';
import { listServers, type AgentId, type JobId, type ProjectId, type ServerId } from '@citrus/contracts';
import { ContractViolation, internalScope, projectScope } from '@citrus/kit-domain';
import { openEventStore, openPool, rebuildReadModel, startProjections, startWakeUp, type EventStore, type Projections, type WakeUp } from '@citrus/kit-event-store';
import { Kysely, PostgresDialect } from 'kysely';
import type { ReadonlyKysely } from 'kysely/readonly';
import type { Pool } from 'pg';
import { describe, expect } from 'vitest';
import type { ProvisioningDatabase } from '../database.ts';
import { wakeServersOf } from '../credential/credential.projection.ts';
import { handleServerCommand, type ServerHandler } from './server.handler.ts';
import { serversProjection } from './server.projection.ts';
import { openServerQueries, type ServerQueries } from './server.queries.ts';
import { openServerWork, serverWorkProjection, type ServerWorkStore } from './server-work.store.ts';
import { test as base } from '../testing/database.ts';

type Stage = { pool: Pool; db: Kysely<ProvisioningDatabase>; store: EventStore; handle: ServerHandler; projections: Projections; queries: ServerQueries; work: ServerWorkStore; wakeUp: WakeUp };

const test = base.extend('stage', async ({ database }, { onCleanup }): Promise<Stage> => {
  const pool = openPool({ databaseUrl: database.serviceUrl });
  const db = new Kysely<ProvisioningDatabase>({ dialect: new PostgresDialect({ pool }) });
  const store = openEventStore({ pool, service: 'provisioning' });
  const wakeUp = startWakeUp({ databaseUrl: database.serviceUrl });
  const projections = startProjections({ db, pool, store, projections: [serversProjection, serverWorkProjection], wakeUp });
  onCleanup(async () => {
    await projections.stop();
    await wakeUp.stop();
    await db.destroy();
  });
  return { pool, db, store, wakeUp, projections, handle: handleServerCommand(store), queries: openServerQueries(db as unknown as ReadonlyKysely<ProvisioningDatabase>), work: openServerWork(db) };
});

const projectId = randomUUID() as ProjectId;
const inProject = projectScope({ memberships: [{ projectId }] }, projectId);
const everywhere = internalScope('a test');
const asked = (filter: object) => {
  const { projectId: _, ...rest } = listServers.input.parse({ projectId, ...filter });
  return rest;
};
const agentId = 'agent-of-web' as AgentId;
const at = '2026-11-21T09:00:00.000Z';
const origin = { actor: { kind: 'user', id: 'ada' }, correlationId: 'test' } as const;

const request = async ({ handle, projections }: Stage, { name = 'web', region = 'sfo3', tags = ['citrus-host'] } = {}): Promise<ServerId> => {
  const serverId = randomUUID() as ServerId;
  const spec = { name, region, size: 's-1', image: 'debian', tags, sshKeys: [], backups: false, ipv6: true, monitoring: true };
  const { position } = await handle({ type: 'RequestServer', at, data: { serverId, projectId, agentId, jobId: serverId as unknown as JobId, spec } }, origin);
  await projections.reached(position);
  return serverId;
};

/** Through a whole life, with every kind of note. */
const live = async ({ handle, projections }: Stage, serverId: ServerId): Promise<void> => {
  const first = { serverId, attempt: 1, tryNumber: 1 };
  await handle({ type: 'IntendCreate', at, data: { ...first, name: 'web-1', tag: 't' } }, origin);
  await handle({ type: 'RecordUnknown', at, data: { ...first, reason: 'no answer' } }, origin);
  await handle({ type: 'RecordLookUp', at, data: { ...first, ours: ['7', '8'], strays: [], isSettled: false } }, origin);
  await handle({ type: 'RecordReady', at, data: { serverId, attempt: 1, dropletRef: '7', ipAddress: '10.0.0.7' } }, origin);
  const { position } = await handle({ type: 'RecordAgentConnected', at, data: { serverId, agentId } }, origin);
  await projections.reached(position);
};

describe('the read model', () => {
  test('tells a server’s story, and a replay gives identical rows', async ({ stage }) => {
    const serverId = await request(stage);
    expect(await stage.queries.read(everywhere, serverId)).toMatchObject({ status: 'creating', agentId: null, note: 'Waiting for the cloud.' });
    await live(stage, serverId);
    expect(await stage.queries.read(everywhere, serverId)).toMatchObject({ status: 'active', dropletRef: '7', ipAddress: '10.0.0.7', agentId, note: null });
    await request(stage, { name: 'other' });
    await stage.work.settle({ serverId, seenVersion: 7, wakeAt: null });
    const rows = async () => ({ servers: await stage.db.selectFrom('servers').selectAll().orderBy('id').execute(), work: await stage.db.selectFrom('server_work').selectAll().orderBy('server_id').execute() });
    const before = await rows();
    expect(before.servers).toHaveLength(2);
    await rebuildReadModel({ ...stage, fold: serversProjection });
    // The timers are no read model: what was settled stays so when they are told of everything again.
    const again = startProjections({ ...stage, projections: [{ ...serverWorkProjection, version: 2 }] });
    await again.reached(await stage.store.head());
    await again.stop();
    expect(await rows()).toEqual(before);
  });

  test('gives pages in every order, without gaps or repeats', async ({ stage }) => {
    for (const name of ['b', 'a', 'd', 'c', 'a']) await request(stage, { name });
    const all = async (sort: string) => {
      const names: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page = await stage.queries.list(inProject, asked({ sort, limit: 2, ...(cursor && { cursor }) }));
        names.push(...page.items.map(({ name }) => name));
        cursor = page.nextCursor;
      }
      return names.join('');
    };
    expect([await all('name'), await all('-name'), await all('createdAt'), await all('-createdAt')]).toEqual(['aabcd', 'dcbaa', 'badca', 'acdab']);
    await expect(stage.queries.list(inProject, asked({ cursor: 'made-up' }))).rejects.toBeInstanceOf(ContractViolation);
  });

  test('is filtered by name, region, tag and status; deleted servers are shown on request only', async ({ stage }) => {
    const shop = await request(stage, { name: 'shop-1', tags: ['shop'] });
    const far = await request(stage, { name: 'far-1', region: 'ams3' });
    const names = async (filter: object) => (await stage.queries.list(inProject, asked(filter))).items.map(({ name }) => name);
    expect(await names({ name: 'SHOP' })).toEqual(['shop-1']);
    expect(await names({ name: '%' })).toEqual([]);
    expect(await names({ region: 'ams3' })).toEqual(['far-1']);
    expect(await names({ tag: 'shop' })).toEqual(['shop-1']);
    await stage.handle({ type: 'RequestDeletion', at, data: { serverId: far } }, origin);
    const { position } = await stage.handle({ type: 'RecordCleared', at, data: { serverId: far, attempt: 1 } }, origin);
    await stage.projections.reached(position);
    expect(await names({})).toEqual(['shop-1']);
    expect(await names({ status: 'deleted' })).toEqual(['far-1']);
    expect(await stage.queries.read(everywhere, shop)).toBeDefined();
    expect(await stage.queries.read(inProject, shop)).toBeDefined();
    const elsewhere = randomUUID();
    const inAnother = projectScope({ memberships: [{ projectId: elsewhere }] }, elsewhere);
    expect(await stage.queries.read(inAnother, shop)).toBeUndefined();
    expect((await stage.queries.list(inAnother, asked({}))).items).toEqual([]);
  });
});

const claim = async ({ work }: Stage) => (await work.claim(5, 60_000)).work;

describe('the timers', () => {
  test('give a due server to one replica until its lease runs out', async ({ stage }) => {
    const serverId = await request(stage);
    const claims = await Promise.all([claim(stage), claim(stage), claim(stage)]);
    expect(claims.flat()).toEqual([{ serverId, failures: 0, version: 1, dueAt: expect.any(String) }]);
    await stage.work.renew([serverId], -1000);
    expect(await claim(stage)).toHaveLength(1);
  });

  test('let a server sleep until its time, but not through news', async ({ stage }) => {
    const serverId = await request(stage);
    await claim(stage);
    await stage.work.settle({ serverId, seenVersion: 1, wakeAt: null });
    expect(await claim(stage)).toEqual([]);
    const { position } = await stage.handle({ type: 'RequestDeletion', at, data: { serverId } }, origin);
    await stage.projections.reached(position);
    expect(await claim(stage)).toHaveLength(1);
    // Another event came while the step was made: what it saw was the version before.
    await stage.work.settle({ serverId, seenVersion: 1, wakeAt: null });
    const [work] = await claim(stage);
    await stage.work.postpone(work!, { afterMs: 60_000, withNewsMs: 0 });
    expect(await claim(stage)).toEqual([]);
    expect((await stage.work.claim(1, 60_000)).msUntilDue).toBeGreaterThan(50_000);
  });

  test('let a server whose step failed sleep shorter when it has news since, or its cloud another token', async ({ stage }) => {
    const serverId = await request(stage);
    const cloudId = randomUUID();
    await stage.db.updateTable('servers').set({ cloud_id: cloudId }).where('id', '=', serverId).execute();
    const news = [
      async () => {
        const { position } = await stage.handle({ type: 'RequestDeletion', at, data: { serverId } }, origin);
        await stage.projections.reached(position);
      },
      () => stage.db.transaction().execute((trx) => wakeServersOf(trx, cloudId)),
    ];
    for (const comes of news) {
      const [work] = await claim(stage);
      await comes();
      await stage.work.postpone(work!, { afterMs: 60_000, withNewsMs: 0 });
    }
    const [again] = await claim(stage);
    expect(again).toMatchObject({ serverId, failures: 2 });
    await stage.work.postpone(again!, { afterMs: 60_000, withNewsMs: 0 });
    expect(await claim(stage)).toEqual([]);
  });

  test('of many that end in one moment are put back together, while news of them come in', async ({ stage }) => {
    const serverIds = await Promise.all(Array.from({ length: 12 }, (_, n) => request(stage, { name: `web-${n}` })));
    const isWaking = (serverId: ServerId): boolean => serverIds.indexOf(serverId) % 3 === 0;
    const claimed = (await stage.work.claim(20, 60_000)).work;
    expect(new Set(claimed.map(({ serverId }) => serverId))).toEqual(new Set(serverIds));
    const news = serverIds.filter(isWaking).map((serverId) => stage.handle({ type: 'RequestDeletion', at, data: { serverId } }, origin));
    await Promise.all(serverIds.toReversed().map((serverId) => stage.work.settle({ serverId, seenVersion: 1, wakeAt: null })));
    await stage.projections.reached(Math.max(...(await Promise.all(news)).map(({ position }) => position)));
    expect(new Set((await stage.work.claim(20, 60_000)).work.map(({ serverId }) => serverId))).toEqual(new Set(serverIds.filter(isWaking)));
  });
});
