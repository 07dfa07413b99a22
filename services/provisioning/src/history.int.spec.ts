import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import {
  createServer, deleteServer, readDiffOf, readHistoryOf, readLinksOf, readServer, readStateOf, ServerSpec, type EventEnvelope, type JobId, type LogPoint, type ProjectId, type Server, type ServerId, type ServerStatus,
} from '@citrus/contracts';
import { ContractViolation, NotFound } from '@citrus/kit-domain';
import { eventually } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import { agentIdOf } from './catalog/server-catalog.ts';
import { test } from './testing/database.ts';
import { startLocalCloud } from './testing/local-cloud.ts';
import { meetNeighbours } from './testing/neighbours.ts';
import { prepareSite, startHere } from './testing/running-service.ts';

const [state, diff, links] = [readStateOf('provisioning'), readDiffOf('provisioning'), readLinksOf('provisioning')];

describe('the past of servers', () => {
  test('is told as it was, with its causes, to members of the project only', async ({ nats, database, onTestFinished }) => {
    const cloud = await startLocalCloud({ LOCAL_CLOUD_ACTIVE_AFTER_MS: '100', LOCAL_CLOUD_DELETE_TAKES_MS: '100', LOCAL_CLOUD_REQUESTS_PER_MINUTE: '5000' });
    const neighbours = await meetNeighbours(nats.url);
    const site = await prepareSite({ natsUrl: nats.url, database, cloud });
    // The chain of causes is the one without a lost answer, however busy the machine is.
    const service = await startHere({ ...site.env, CITRUS_CLOUD_CREATE_TIMEOUT_MS: '30000' });
    onTestFinished(async () => {
      await service.stop();
      await neighbours.close();
      await cloud.stop();
      await site.clear();
    });
    const { requests, tokenOf } = neighbours;
    const projectId = neighbours.projectId as ProjectId;
    const serverId = randomUUID() as ServerId;
    const operator = { token: await tokenOf('operator') };
    const analyst = { token: await tokenOf('analyst') };
    const stranger = { token: await tokenOf('owner', randomUUID()) };
    const until = (status: ServerStatus): Promise<Server> =>
      eventually(async () => {
        const server = await requests.call(readServer, { projectId, serverId }, operator);
        expect(server.status).toBe(status);
        return server;
      }, { timeoutMs: 30_000 });

    const begun = new Date(Date.now() - 60_000).toISOString();
    const jobId = randomUUID() as JobId;
    await eventually(() => requests.call(createServer, { projectId, serverId, jobId, spec: ServerSpec.parse({ name: 'web' }) }, operator));
    await until('initializing');
    const live = await requests.call(readServer, { projectId, serverId }, operator);
    await neighbours.agentConnects(live, agentIdOf(serverId));
    const active = await until('active');
    await requests.call(deleteServer, { projectId, serverId }, operator);
    await until('deleted');

    const { events, head } = await requests.call(readHistoryOf('provisioning'), { limit: 100, direction: 'forward', stream: `server-${serverId}` }, analyst);
    const of = (type: string): EventEnvelope => {
      const found = events.find((event) => event.type === type);
      if (!found) throw new Error(`there is no ${type}`);
      return found;
    };

    // Everything but what a person asked for names its cause, and the process manager's chain leads back to the request.
    expect(events.filter(({ causationId }) => causationId === undefined).map(({ type, actor }) => `${type} ${actor.kind}`)).toEqual(['ServerRequested user', 'DeletionRequested user']);
    const chain = ['DropletReady'];
    for (let cause = of('DropletReady').causationId; cause !== undefined; ) {
      const event = events.find(({ id }) => id === cause);
      chain.push(event?.type ?? 'unknown');
      cause = event?.causationId;
    }
    expect(chain).toEqual(['DropletReady', 'DropletAccepted', 'DropletCreateIntended', 'ServerRequested']);
    expect(of('ServerActivated').causationId).not.toBe(of('DropletReady').id);
    const linked = await requests.call(links, { ids: [of('ServerRequested').id], causedBy: [of('ServerRequested').id], limit: 10 }, analyst);
    expect(linked.links.map(({ event }) => event?.type)).toEqual(['ServerRequested', 'DropletCreateIntended']);
    expect((await requests.call(links, { ids: [of('ServerRequested').id], causedBy: [], limit: 10 }, stranger)).links).toMatchObject([{ event: null, commandId: null }]);

    const ask = (at: LogPoint, more: object = {}, by = analyst) => requests.call(state, { of: 'server', at, limit: 10, ...more }, by);
    const ready = { position: of('DropletReady').position };
    const shown = { id: serverId, state: live };
    for (const one of [{}, { id: serverId }]) {
      expect((await ask(ready, one)).items).toEqual([shown]);
      expect((await ask({ instant: of('ServerActivated').at }, one)).items).toEqual([{ id: serverId, state: active }]);
      expect(await ask({ instant: begun }, one)).toEqual({ point: { position: 0, at: null }, items: [], nextCursor: null });
    }
    expect((await ask(ready, {}, stranger)).items).toEqual([]);
    expect((await ask(ready, { projectId })).items).toEqual([shown]);
    for (const asked of [ask(ready, { projectId }, stranger), ask(ready, { projectId, id: serverId }, stranger), requests.call(readHistoryOf('provisioning'), { limit: 1, direction: 'forward', projectId }, stranger)]) await expect(asked).rejects.toThrow('You are not a member of this project.');
    await expect(ask(ready, { serverId })).rejects.toThrow('Nobody can say which server is on a server.');
    await expect(ask(ready, { id: serverId }, stranger)).rejects.toThrow(NotFound);
    await expect(ask(ready, { id: randomUUID() })).rejects.toThrow('There is and was no such server in your projects.');
    await expect(ask({ instant: '2100-01-01T00:00:00Z' })).rejects.toThrow('at lies in the future');
    await expect(ask({ position: head + 1000 })).rejects.toThrow('lies beyond the end of the log');
    await expect(ask(ready, { cursor: 'x' })).rejects.toThrow(ContractViolation);
    await expect(ask(ready, { of: 'job' })).rejects.toThrow('This service does not know any job.');
    await expect(ask(ready, {}, { token: await tokenOf('analyst', 'not a project') })).rejects.toThrow();

    const compare = (from: LogPoint, to: LogPoint, more: object = {}, by = analyst) => requests.call(diff, { of: 'server', from, to, limit: 10, ...more }, by);
    for (const one of [{}, { id: serverId }]) {
      const { items } = await compare(ready, { position: of('ServerActivated').position }, one);
      expect(items).toMatchObject([{ id: serverId, before: live, after: active }]);
      expect(items[0]?.changes.map(({ path }) => path).toSorted()).toEqual(['agentId', 'note', 'status', 'updatedAt']);
      expect((await compare({ position: 0 }, ready, one)).items).toMatchObject([{ before: null, after: { status: 'initializing' } }]);
      expect((await compare(ready, ready, one)).items).toEqual([]);
    }
    await expect(compare(ready, { position: 1 })).rejects.toThrow('from must not be later than to');
    expect((await compare({ position: 0 }, ready, {}, stranger)).items).toEqual([]);
  });
});
