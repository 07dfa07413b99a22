/** The whole service with Hetzner Cloud as the installation's own: the process manager knows no difference. */
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { createServer, deleteServer, readServer, ServerSpec, type JobId, type ProjectId, type ServerId } from '@citrus/contracts';
import type { RunningService } from '@citrus/kit-service';
import { eventually } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import { agentIdOf } from './catalog/server-catalog.ts';
import { test as base } from './testing/database.ts';
import { startLocalCloud, TOKEN, type LocalCloudProcess } from './testing/local-cloud.ts';
import { meetNeighbours, type Neighbours } from './testing/neighbours.ts';
import { prepareSite, startHere } from './testing/running-service.ts';

const test = base
  .extend('cloud', async ({}, { onCleanup }): Promise<LocalCloudProcess> => {
    const cloud = await startLocalCloud({ LOCAL_CLOUD_DRIVER: 'none', LOCAL_CLOUD_ACTIVE_AFTER_MS: '300', LOCAL_CLOUD_DELETE_TAKES_MS: '100', LOCAL_CLOUD_REQUESTS_PER_MINUTE: '5000' });
    onCleanup(() => cloud.stop());
    return cloud;
  })
  .extend('neighbours', async ({ nats }, { onCleanup }): Promise<Neighbours> => {
    const neighbours = await meetNeighbours(nats.url);
    onCleanup(() => neighbours.close());
    return neighbours;
  })
  .extend('service', async ({ nats, database, cloud }, { onCleanup }): Promise<RunningService> => {
    const site = await prepareSite({ natsUrl: nats.url, database, cloud });
    const service = await startHere({ ...site.env, CITRUS_CLOUD_KIND: 'hetzner', CITRUS_CLOUD_URL: `${cloud.url}/hetzner` });
    onCleanup(async () => {
      await service.stop();
      await site.clear();
    });
    return service;
  });

type Shown = { readonly name: string; readonly status: string; readonly labels: Record<string, string>; readonly server_type: { readonly name: string } };

const serversIn = async (cloud: LocalCloudProcess): Promise<readonly Shown[]> => {
  const answer = await fetch(`${cloud.url}/hetzner/v1/servers`, { headers: { authorization: `Bearer ${TOKEN}` } });
  return ((await answer.json()) as { servers: Shown[] }).servers;
};

describe('an installation whose cloud is Hetzner', () => {
  test('makes one server although the answer was lost, follows it until its agent comes, and removes it', { timeout: 120_000 }, async ({ neighbours, cloud, service }) => {
    expect(service).toBeDefined();
    const token = await neighbours.tokenOf('operator');
    const projectId = neighbours.projectId as ProjectId;
    const serverId = randomUUID() as ServerId;
    const reaches = (status: string) => eventually(async () => {
      const server = await neighbours.requests.call(readServer, { projectId, serverId }, { token });
      expect(server.status, server.note ?? '').toBe(status);
      return server;
    }, { timeoutMs: 40_000 });

    await cloud.faults({ lostAnswer: { times: 1, mode: 'reset' }, listLagMs: 500, tagLagMs: 800 });
    const spec = ServerSpec.parse({ name: 'web', region: 'fsn1', size: 'cx22', image: 'ubuntu-24.04', tags: ['citrus-host', 'env:prod'] });
    await eventually(() => neighbours.requests.call(createServer, { projectId, serverId, jobId: serverId as unknown as JobId, spec }, { token }));
    const booting = await reaches('initializing');
    expect(booting).toMatchObject({ ipAddress: expect.stringMatching(/^[0-9.]+$/), region: 'fsn1', size: 'cx22' });
    expect(await serversIn(cloud)).toMatchObject([
      { name: `web-${serverId.replaceAll('-', '')}-1`, status: 'running', labels: { 'citrus-host': '', env: 'prod', 'citrus-fleet': '', 'citrus-srv': serverId }, server_type: { name: 'cx22' } },
    ]);
    await neighbours.agentConnects(booting, agentIdOf(serverId));
    await reaches('active');
    await neighbours.requests.call(deleteServer, { projectId, serverId }, { token });
    await reaches('deleted');
    expect(await serversIn(cloud)).toEqual([]);
  });
});
