import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { deleteServer, joinServer, listServers, readServer, renewJoinToken, retryServer, type JobId, type ProjectId, type Server, type ServerId } from '@citrus/contracts';
import { NotFound } from '@citrus/kit-domain';
import { eventually } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import { agentIdOf } from '../catalog/server-catalog.ts';
import { test as base } from '../testing/database.ts';
import { startLocalCloud, type LocalCloudProcess } from '../testing/local-cloud.ts';
import { meetNeighbours, type Neighbours } from '../testing/neighbours.ts';
import { prepareSite, startHere } from '../testing/running-service.ts';

/** What a person may do, through the broker as the hub asks it. */
const personOf = async ({ requests, tokenOf }: Neighbours, project: string) => {
  const projectId = project as ProjectId;
  const token = await tokenOf('operator', project);
  return {
    join: (name: string, ids = { serverId: randomUUID() as ServerId, jobId: randomUUID() as JobId }) => requests.call(joinServer, { projectId, ...ids, spec: { name, tags: ['rack-4'] } }, { token }),
    renew: (serverId: ServerId) => requests.call(renewJoinToken, { projectId, serverId }, { token }),
    read: (serverId: ServerId) => requests.call(readServer, { projectId, serverId }, { token }),
    list: () => requests.call(listServers, listServers.input.parse({ projectId }), { token }),
    delete: (serverId: ServerId) => requests.call(deleteServer, { projectId, serverId }, { token }),
    retry: (serverId: ServerId) => requests.call(retryServer, { projectId, serverId }, { token }),
  };
};

const test = base
  .extend('cloud', async ({}, { onCleanup }): Promise<LocalCloudProcess> => {
    const cloud = await startLocalCloud();
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
    return async (settings: NodeJS.ProcessEnv = {}) => {
      const service = await startHere({ ...site.env, ...settings });
      onCleanup(async () => {
        await service.stop();
        await site.clear();
      });
      const person = await personOf(neighbours, neighbours.projectId);
      await eventually(() => person.list().then(() => true));
      return person;
    };
  });

const reaches = (person: Awaited<ReturnType<typeof personOf>>, serverId: ServerId, status: Server['status']) =>
  eventually(async () => {
    const server = await person.read(serverId);
    expect(server.status, server.note ?? '').toBe(status);
    return server;
  }, { timeoutMs: 20_000 });

describe('a machine that is there already', () => {
  test('joins with one command, is active with its agent, and leaves no trace in a cloud', async ({ open, neighbours, cloud }) => {
    const person = await open();
    const ids = { serverId: randomUUID() as ServerId, jobId: randomUUID() as JobId };
    const { server, command, endsAt } = await person.join('web-7', ids);
    expect(server).toMatchObject({ id: ids.serverId, name: 'web-7', provider: 'none', status: 'initializing', region: 'none', size: 'none', image: 'none', tags: ['rack-4'], dropletRef: null, agentId: null });
    expect(command).toContain(`token-of-${ids.serverId}-1`);
    expect(Date.parse(endsAt) - Date.now()).toBeGreaterThan(23 * 3_600_000);
    expect(await person.join('web-7', ids), 'the same wish again').toMatchObject({ server: { id: ids.serverId }, command, endsAt });
    await expect(person.join('web-8', ids)).rejects.toMatchObject({ code: 'idempotency.reused' });
    await neighbours.agentConnects(server, agentIdOf(server.id));
    expect(await reaches(person, server.id, 'active')).toMatchObject({ agentId: agentIdOf(server.id), dropletRef: null, note: null });
    await expect(person.join('web-7', ids), 'no token for who is in').rejects.toMatchObject({ code: 'server.not_joining' });
    expect(await person.delete(server.id)).toMatchObject({ status: 'deleted' });
    expect((await person.list()).items).toEqual([]);
    const droplets = (await (await fetch(`${cloud.url}/v2/droplets`, { headers: { authorization: 'Bearer dop_v1_only-for-tests' } })).json()) as { meta: { total: number } };
    expect(droplets.meta.total).toBe(0);
  });

  test('that nobody joins in time fails with a reason, and waits anew with a new command', async ({ open, neighbours }) => {
    const person = await open({ CITRUS_JOIN_TOKEN_LIFE_MS: '5000' });
    const { server, command } = await person.join('web-7');
    expect((await reaches(person, server.id, 'failed')).note).toContain('Nobody has joined this server');
    await expect(person.retry(server.id)).rejects.toMatchObject({ code: 'server.joins_by_command' });
    const again = await person.renew(server.id);
    expect(again).toMatchObject({ server: { id: server.id, status: 'initializing' } });
    expect(again.command).not.toBe(command);
    expect(neighbours.enrolments).toEqual([{ serverId: server.id, attempt: 1 }, { serverId: server.id, attempt: 2 }]);
    const stranger = await personOf(neighbours, randomUUID());
    await expect(stranger.renew(server.id)).rejects.toBeInstanceOf(NotFound);
  });
});
