import { randomUUID } from 'node:crypto';
import { ServerSpec, type AgentId, type JobId, type ProjectId, type Server, type ServerId, type ServerPriority } from '@citrus/contracts';
import { internalScope } from '@citrus/kit-domain';
import { openDatabase, openEventStore, openPool, startProjections, startWakeUp } from '@citrus/kit-event-store';
import type { ReadonlyKysely } from 'kysely/readonly';
import { describe, expect } from 'vitest';
import type { ProvisioningDatabase } from '../database.ts';
import type { CloudProvider } from '../provider/provider.port.ts';
import type { ServerCommand } from '../server/server.commands.ts';
import { handleServerCommand } from '../server/server.handler.ts';
import { serversProjection } from '../server/server.projection.ts';
import { openServerQueries } from '../server/server.queries.ts';
import { openServerWork, serverWorkProjection, type ServerWorkStore } from '../server/server-work.store.ts';
import { serverQueueProjection } from './queue.projection.ts';
import { openQueueView, waitsFor, type Outlook } from './queue-view.ts';
import { test as base } from '../testing/database.ts';

type Wish = { readonly project?: ProjectId; readonly priority?: ServerPriority; readonly minutesAgo?: number };
type Stage = {
  readonly work: ServerWorkStore;
  ask(wish?: Wish): Promise<ServerId>;
  handle(command: ServerCommand): Promise<void>;
  told(serverIds: readonly ServerId[], outlook?: Outlook): Promise<(Server['queue'])[]>;
};

const origin = { actor: { kind: 'user', id: 'ada' }, correlationId: 'test' } as const;
const [ours, theirs] = [randomUUID() as ProjectId, randomUUID() as ProjectId];
const now = () => new Date('2026-11-21T12:00:30.000Z');

const test = base.extend('stage', async ({ database }, { onCleanup }): Promise<Stage> => {
  const pool = openPool({ databaseUrl: database.serviceUrl });
  const db = openDatabase<ProvisioningDatabase>(pool);
  const store = openEventStore({ pool, service: 'provisioning' });
  const wakeUp = startWakeUp({ databaseUrl: database.serviceUrl });
  const projections = startProjections({ db, pool, store, projections: [serversProjection, serverWorkProjection, serverQueueProjection], wakeUp });
  onCleanup(async () => {
    await projections.stop();
    await wakeUp.stop();
    await db.destroy();
  });
  const append = handleServerCommand(store);
  const handle = async (command: ServerCommand) => projections.reached((await append(command, origin)).position);
  const queries = openServerQueries(db as unknown as ReadonlyKysely<ProvisioningDatabase>);
  return {
    work: openServerWork(db),
    handle,
    ask: async ({ project = ours, priority, minutesAgo = 1 } = {}) => {
      const serverId = randomUUID() as ServerId;
      const at = new Date(Date.now() - minutesAgo * 60_000).toISOString();
      const spec = { ...ServerSpec.parse({ name: 'web' }), ...(priority && { priority }) };
      await handle({ type: 'RequestServer', at, data: { serverId, projectId: project, agentId: `agent-${serverId}` as AgentId, jobId: serverId as unknown as JobId, spec } });
      return serverId;
    },
    told: async (serverIds, outlook) => {
      const view = openQueueView({ db, now, clouds: { cloudFor: async () => ({ outlook: async () => outlook ?? { waitMs: 0, cause: 'limit' } }) as unknown as CloudProvider } });
      const servers = await Promise.all(serverIds.map((id) => queries.read(internalScope('a test'), id)));
      return (await view.withPlaces(servers.flatMap((server) => server ?? []))).map(({ queue }) => queue ?? null);
    },
  };
});

const claimed = async ({ work }: Stage, limit: number): Promise<ServerId[]> => {
  const taken: ServerId[] = [];
  for (let count = 0; count < limit; count += 1) taken.push(...(await work.claim(1, 60_000)).work.map(({ serverId }) => serverId));
  return taken;
};

describe('servers that wait for the cloud', () => {
  test('have their turn by priority, then project by project, then by age', async ({ stage }) => {
    const low = await stage.ask({ priority: 'low', minutesAgo: 6 });
    const many = [await stage.ask({ minutesAgo: 5 }), await stage.ask({ minutesAgo: 4 }), await stage.ask({ minutesAgo: 3 })];
    const lone = await stage.ask({ project: theirs, minutesAgo: 2 });
    const urgent = await stage.ask({ priority: 'high', minutesAgo: 1 });
    const [first, second, third] = many;
    const order = [urgent, first, lone, second, third, low];
    expect((await stage.told([urgent, ...many, lone, low])).map((queue) => queue?.position)).toEqual([1, 2, 4, 5, 3, 6]);
    expect(await claimed(stage, 6)).toEqual(order);
  });

  test('become more urgent while they wait', async ({ stage }) => {
    const old = await stage.ask({ priority: 'low', minutesAgo: 25 });
    const urgent = await stage.ask({ priority: 'high', minutesAgo: 1 });
    expect(await claimed(stage, 2)).toEqual([old, urgent]);
  });

  test('are told their place and what keeps them, until their machine is asked for', async ({ stage }) => {
    const first = await stage.ask({ minutesAgo: 3 });
    const second = await stage.ask({ minutesAgo: 2 });
    expect(await stage.told([first, second], { waitMs: 240_000, cause: 'limit' })).toEqual([
      { position: 1, of: 2, waitsFor: 'The cloud’s request limit is used up until 12:05 UTC.' }, { position: 2, of: 2, waitsFor: 'The cloud’s request limit is used up until 12:05 UTC.' },
    ]);
    const at = now().toISOString();
    const attempt = { serverId: first, attempt: 1, tryNumber: 1 };
    await stage.handle({ type: 'IntendCreate', at, data: { ...attempt, name: 'web-1', tag: 't' } });
    expect(await stage.told([first, second])).toEqual([null, { position: 1, of: 1, waitsFor: null }]);
    await stage.handle({ type: 'RecordRefused', at, data: { ...attempt, code: 'cloud.rate_limited', reason: 'Too many.', retryAt: at } });
    expect((await stage.told([first, second])).map((queue) => queue?.position)).toEqual([1, 2]);
    await stage.handle({ type: 'RequestDeletion', at, data: { serverId: first } });
    expect((await stage.told([second]))[0]?.of).toBe(1);
    expect(await stage.told([first])).toEqual([null]);
  });

  test('come after what is under way', async ({ stage }) => {
    const waiting = await stage.ask({ priority: 'high', minutesAgo: 9 });
    const leaving = await stage.ask({ minutesAgo: 1 });
    await stage.handle({ type: 'RequestDeletion', at: new Date().toISOString(), data: { serverId: leaving } });
    expect(await claimed(stage, 2)).toEqual([leaving, waiting]);
  });
});

test('a refused token is told as such', () => {
  const at = Date.parse('2026-11-21T12:00:00.000Z');
  expect(waitsFor({ waitMs: 30_000, cause: 'unauthorized' }, at)).toBe('The cloud does not accept the API token; it is asked again at 12:01 UTC.');
  expect(waitsFor(undefined, at)).toBeNull();
});
