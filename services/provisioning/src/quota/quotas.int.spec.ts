/** Quotas where they are enforced: the catalogue, in two replicas at once. */
import { randomUUID } from 'node:crypto';
import { ServerSpec, type JobId, type ProjectId, type ServerId } from '@citrus/contracts';
import { openDatabase, openEventStore, openPool, startProjections, startWakeUp } from '@citrus/kit-event-store';
import type { ReadonlyKysely } from 'kysely/readonly';
import { describe, expect } from 'vitest';
import { ServerCatalog } from '../catalog/server-catalog.ts';
import type { ProvisioningDatabase } from '../database.ts';
import { handleServerCommand } from '../server/server.handler.ts';
import { serversProjection } from '../server/server.projection.ts';
import { openServerQueries } from '../server/server.queries.ts';
import { projectQuotasProjection } from './quota.projection.ts';
import { openQuotas, type Quotas } from './quotas.ts';
import { test as base } from '../testing/database.ts';

type Replica = { readonly catalog: ServerCatalog; readonly quotas: Quotas };

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const origin = { actor: { kind: 'user', id: 'ada' }, correlationId: 'test' } as const;

const test = base.extend('replicas', async ({ database }, { onCleanup }): Promise<[Replica, Replica]> => {
  const ends: (() => Promise<unknown>)[] = [];
  onCleanup(async () => {
    for (const end of ends.toReversed()) await end();
  });
  const open = (): Replica => {
    const pool = openPool({ databaseUrl: database.serviceUrl });
    const db = openDatabase<ProvisioningDatabase>(pool);
    const store = openEventStore({ pool, service: 'provisioning' });
    const wakeUp = startWakeUp({ databaseUrl: database.serviceUrl });
    const projections = startProjections({ db, pool, store, projections: [serversProjection, projectQuotasProjection], wakeUp });
    ends.push(() => db.destroy(), () => wakeUp.stop(), () => projections.stop());
    const now = () => new Date();
    const quotas = openQuotas({ store, db, projections, now });
    const catalog = new ServerCatalog({
      store, handle: handleServerCommand(store), projections, queries: openServerQueries(db as unknown as ReadonlyKysely<ProvisioningDatabase>), quotas, now, logger: quiet,
      wake: () => undefined, chooseCloud: async () => ({ kind: 'digitalocean' }),
    });
    return { catalog, quotas };
  };
  return [open(), open()];
});

const spec = ServerSpec.parse({ name: 'web' });
const ask = ({ catalog }: Replica, projectId: ProjectId, jobId = randomUUID() as JobId) =>
  catalog.provisionAndAdd(spec, { projectId, serverId: randomUUID() as ServerId, jobId, origin });
const codes = async (asked: readonly Promise<unknown>[]): Promise<string[]> =>
  (await Promise.allSettled(asked)).map((result) => (result.status === 'fulfilled' ? 'made' : String((result.reason as { code?: string }).code))).sort();

describe('a quota', () => {
  test('is not exceeded by many requests in two replicas at the same moment', async ({ replicas: [one, other] }) => {
    const projectId = randomUUID() as ProjectId;
    await one.quotas.set(projectId, { servers: 5, creationsPerHour: null }, origin);
    const outcomes = await codes(Array.from({ length: 24 }, (_, index) => ask(index % 2 === 0 ? one : other, projectId)));
    expect(outcomes).toEqual([...Array.from({ length: 5 }, () => 'made'), ...Array.from({ length: 19 }, () => 'quota.servers')]);
    expect(await other.quotas.read(projectId)).toEqual({ projectId, servers: 5, creationsPerHour: null, used: { servers: 5, creationsPerHour: 5 } });
  });

  test('of creations an hour counts the deleted ones too, and no other project', async ({ replicas: [one, other] }) => {
    const [projectId, neighbour] = [randomUUID() as ProjectId, randomUUID() as ProjectId];
    const before = await ask(one, projectId);
    await one.catalog.requestDeletion(before.id, origin);
    await one.quotas.set(projectId, { servers: null, creationsPerHour: 3 }, origin);
    await ask(other, neighbour);
    expect(await codes(Array.from({ length: 4 }, () => ask(other, projectId)))).toEqual(['made', 'made', 'quota.creations', 'quota.creations']);
    expect((await one.quotas.list({ limit: 1 })).items.map((quota) => quota.projectId)).toEqual([projectId]);
    await one.quotas.set(neighbour, { servers: 9, creationsPerHour: null }, origin);
    const first = await one.quotas.list({ limit: 1 });
    const second = await one.quotas.list({ limit: 1, cursor: first.nextCursor ?? '' });
    expect([...first.items, ...second.items].map((quota) => quota.projectId)).toEqual([projectId, neighbour].toSorted());
    expect(second.nextCursor).toBeNull();
    await expect(one.quotas.list({ limit: 1, cursor: 'none of ours' })).rejects.toThrow('The cursor');
  });

  test('lets the same job have its server again, and nobody wait for a limit that was lifted', async ({ replicas: [one, other] }) => {
    const projectId = randomUUID() as ProjectId;
    await one.quotas.set(projectId, { servers: 1, creationsPerHour: 1 }, origin);
    const jobId = randomUUID() as JobId;
    const answers = await Promise.all([one, other, one, other].map((replica) => ask(replica, projectId, jobId)));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(await codes([ask(other, projectId)])).toEqual(['quota.servers']);
    await other.quotas.set(projectId, { servers: null, creationsPerHour: null }, origin);
    await one.quotas.set(projectId, { servers: null, creationsPerHour: null }, origin);
    expect(await codes([ask(one, projectId), ask(other, projectId)])).toEqual(['made', 'made']);
    expect(await one.quotas.list({ limit: 1 })).toEqual({ items: [], nextCursor: null });
  });

  test('does not count machines that join by themselves', async ({ replicas: [one] }) => {
    const projectId = randomUUID() as ProjectId;
    await one.quotas.set(projectId, { servers: 0, creationsPerHour: 0 }, origin);
    const joined = await one.catalog.provisionAndAdd(spec, { projectId, serverId: randomUUID() as ServerId, jobId: randomUUID() as JobId, origin, joinEndsAt: new Date(Date.now() + 60_000).toISOString() });
    expect(joined.provider).toBe('none');
    expect((await one.quotas.read(projectId)).used).toEqual({ servers: 0, creationsPerHour: 0 });
  });
});
