import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import {
  AgentId, JobId, LogRead, ProjectId, ServerId, readExposition, readKeySet, readLogOf, readServerLoads, readServerSamples, subjects, type Heartbeat, type JobStatus, type Role,
} from '@citrus/contracts';
import { Forbidden } from '@citrus/kit-domain';
import { migrate, newId, openEventStore, openPool, startRelay, type EventStore } from '@citrus/kit-event-store';
import { connectNats, createRequests, deployStreams, type Requests } from '@citrus/kit-messaging';
import { startService, type RunningService } from '@citrus/kit-service';
import { createTokenIssuer, eventually, freshDatabase, test as base } from '@citrus/kit-testing';
import type { NatsConnection } from '@nats-io/nats-core';
import { Client } from 'pg';
import { describe, expect, inject } from 'vitest';
import { AppModule } from './app.module.ts';
import { MetricsConfig } from './config.ts';
import { migrations } from './migrations/index.ts';
import { prepareSite } from './testing/site.ts';

const PROJECT = ProjectId.parse('11111111-1111-4111-8111-111111111111');
const SERVER = ServerId.parse('22222222-2222-4222-8222-222222222222');
const AGENT = AgentId.parse('agent-of-the-test');
const at = '2026-11-21T10:00:00.000Z';

const beat = (more: Partial<Heartbeat> = {}): Heartbeat => ({
  agentId: AGENT, at, bootId: 'boot', running: null, load1: 0.5, cpuPercent: 25, memoryUsedBytes: 1e9, memoryTotalBytes: 4e9, diskUsedBytes: 1e10, diskTotalBytes: 2e10,
  networkInBytes: 1, networkOutBytes: 2, uptimeSeconds: 3, ...more,
});

/** agent-mgmt as far as metrics knows it: its log, its feed and its answer to `log.read`. */
const agentMgmt = (store: EventStore) => {
  const append = (stream: string, type: string, data: Record<string, unknown>) =>
    store.append({ stream, expected: 'any', events: [{ type, data }], context: { commandId: newId(), actor: { kind: 'service', id: 'agent-mgmt' }, projectId: PROJECT, correlationId: 'test' } });
  const job = { serverId: SERVER, projectId: PROJECT, installer: 'nginx', action: 'install', at };
  return {
    registers: () => append(`agent-${AGENT}`, 'AgentRegistered', { agentId: AGENT, serverId: SERVER, projectId: PROJECT, boxKey: 'k', nkey: 'n', at }),
    retires: () => append(`agent-${AGENT}`, 'AgentRetired', { agentId: AGENT, serverId: SERVER, at }),
    queues: (jobId: string) =>
      append(`job-${jobId}`, 'JobQueued', { ...job, jobId, agentId: AGENT, installerVersion: '1', installerDigest: `sha256:${'0'.repeat(64)}`, inputs: {}, sealedInputs: '', timeoutSeconds: 60, priority: 'normal', expiresAt: at }),
    finishes: (jobId: string, status: JobStatus) => append(`job-${jobId}`, 'JobFinished', { ...job, jobId, attempt: 1, status, exitCode: 0, reason: '', startedAt: at }),
  };
};

type Others = { readonly nats: NatsConnection; readonly requests: Requests; readonly agentMgmt: ReturnType<typeof agentMgmt>; tokenOf(role: Role, projectId?: string): Promise<string> };

const test = base
  .extend('others', async ({ nats }, { onCleanup }): Promise<Others> => {
    const connection = await connectNats({ url: nats.url, name: 'test', inboxPrefix: '_INBOX_test' });
    await deployStreams(connection);
    const database = await freshDatabase(inject('postgresUrl'));
    await migrate({ ownerUrl: database.ownerUrl, role: database.role });
    const pool = openPool({ databaseUrl: database.serviceUrl });
    const store = openEventStore({ pool, service: 'agent-mgmt' });
    const relay = startRelay({ databaseUrl: database.serviceUrl, pool, nats: connection, service: 'agent-mgmt' });
    connection.subscribe(readLogOf('agent-mgmt').subject, { callback: (_, message) => void store.read(LogRead.parse(message.json())).then((page) => message.respond(JSON.stringify(page))) });
    const { jwk, tokenOf } = await createTokenIssuer();
    connection.subscribe(readKeySet.subject, { callback: (_, message) => void message.respond(JSON.stringify({ keys: [jwk] })) });
    onCleanup(async () => {
      await relay.stop();
      await pool.end();
      await connection.close();
      await database.drop();
    });
    return {
      nats: connection, requests: createRequests(connection), agentMgmt: agentMgmt(store),
      tokenOf: (role, projectId = PROJECT) => tokenOf({ memberships: [{ projectId, role }] }, { expires: '10m' }),
    };
  })
  .extend('service', async ({ nats, database, others: { requests } }, { onCleanup }): Promise<() => Promise<RunningService>> => {
    await migrate({ ownerUrl: database.ownerUrl, role: database.role, migrations });
    const replicas: RunningService[] = [];
    const site = await prepareSite({ natsUrl: nats.url, database });
    onCleanup(async () => {
      await Promise.all(replicas.map((replica) => replica.stop()));
      await site.clear();
    });
    return async () => {
      const running = await startService({ service: 'metrics', module: AppModule, config: MetricsConfig }, { env: site.env });
      replicas.push(running);
      await eventually(() => requests.call(readExposition, {}));
      return running;
    };
  });

const exposed = async ({ requests }: Others) => (await requests.call(readExposition, {})).text;

describe('the metrics service', () => {
  test('keeps heartbeats as samples of the server, for members of its project', async ({ others, service }) => {
    await service();
    await others.agentMgmt.registers();
    const token = await others.tokenOf('viewer');
    const read = (more: object = {}) => others.requests.call(readServerSamples, readServerSamples.input.parse({ projectId: PROJECT, serverId: SERVER, ...more }), { token });
    await eventually(async () => expect(await read()).toEqual({ agentId: AGENT, samples: [] }));
    for (const cpuPercent of [10, 20, 30]) {
      others.nats.publish(subjects.agent.heartbeat(AGENT), JSON.stringify(beat({ cpuPercent })));
      await eventually(async () => expect((await read()).samples.at(-1)?.cpuPercent).toBe(cpuPercent));
    }
    const { samples } = await read();
    expect(samples.map(({ cpuPercent }) => cpuPercent)).toEqual([10, 20, 30]);
    expect(samples[0]).toMatchObject({ load1: 0.5, memoryUsedBytes: 1e9, memoryTotalBytes: 4e9, diskUsedBytes: 1e10, diskTotalBytes: 2e10, networkInBytes: 1, networkOutBytes: 2 });
    expect((await read({ limit: 2 })).samples.map(({ cpuPercent }) => cpuPercent)).toEqual([20, 30]);
    expect((await read({ from: samples[1]?.at, to: samples[1]?.at })).samples).toEqual([samples[1]]);
    const loads = (asked: { projectId: string; token: string }) => others.requests.call(readServerLoads, readServerLoads.input.parse({ projectId: asked.projectId, serverIds: [SERVER, randomUUID()] }), { token: asked.token });
    // The three may stand in one point or, over the edge of it, in two.
    const [load] = (await loads({ projectId: PROJECT, token })).items;
    expect(load).toMatchObject({ serverId: SERVER, memoryPercent: expect.arrayContaining([25]), diskPercent: 50 });
    expect(load?.cpuPercent.every((percent) => percent >= 10 && percent <= 30)).toBe(true);
    const foreign = randomUUID();
    expect(await loads({ projectId: foreign, token: await others.tokenOf('viewer', foreign) })).toEqual({ items: [] });
    await expect(others.requests.call(readServerSamples, readServerSamples.input.parse({ projectId: foreign, serverId: SERVER }), { token })).rejects.toBeInstanceOf(Forbidden);
    expect(await others.requests.call(readServerSamples, readServerSamples.input.parse({ projectId: foreign, serverId: SERVER }), { token: await others.tokenOf('viewer', foreign) })).toEqual({ agentId: null, samples: [] });
  });

  test('reads beats that tell only what has changed, by whichever replica hears them, and leaves out what has no ground', async ({ others, service }) => {
    await service();
    await service();
    await others.agentMgmt.registers();
    const token = await others.tokenOf('viewer');
    const told = async () => (await others.requests.call(readServerSamples, readServerSamples.input.parse({ projectId: PROJECT, serverId: SERVER }), { token })).samples.map(({ cpuPercent }) => cpuPercent);
    const says = (body: object) => others.nats.publish(subjects.agent.heartbeat(AGENT), JSON.stringify(body));
    const change = (seq: number, changed: object, base = 1) => ({ agentId: AGENT, at, bootId: 'boot', running: null, run: 7, seq, base, everyMs: 10_000, changed });
    await eventually(async () => expect(await told()).toEqual([]));
    says(change(2, { cpuPercent: 99 }, 0));
    says(beat({ cpuPercent: 10, run: 7, seq: 1 }));
    await eventually(async () => expect((await told()).at(-1)).toBe(10));
    says(change(4, { cpuPercent: 40 }));
    await eventually(async () => expect((await told()).at(-1)).toBe(40));
    says(change(3, { cpuPercent: 30 }));
    says(change(4, { cpuPercent: 41 }));
    says(change(6, { cpuPercent: 60 }, 5));
    says(change(7, {}));
    await eventually(async () => expect((await told()).at(-1)).toBe(10));
    expect(await told()).toEqual([10, 40, 10]);
  });

  test('keeps few of the heartbeats of an agent that beats all the time', async ({ others, service }) => {
    await service();
    await others.agentMgmt.registers();
    const token = await others.tokenOf('viewer');
    for (let n = 0; n < 500; n += 1) others.nats.publish(subjects.agent.heartbeat(AGENT), JSON.stringify(beat()));
    await others.nats.flush();
    const read = () => others.requests.call(readServerSamples, readServerSamples.input.parse({ projectId: PROJECT, serverId: SERVER }), { token });
    await eventually(async () => expect((await read()).samples).not.toHaveLength(0));
    expect((await read()).samples.length).toBeLessThan(50);
  });

  test('takes no heartbeat that is not one or is of another agent', async ({ others, service, database }) => {
    await service();
    others.nats.publish(subjects.agent.heartbeat('agent-of-another'), JSON.stringify(beat()));
    others.nats.publish(subjects.agent.heartbeat(AGENT), 'not json');
    others.nats.publish(subjects.agent.heartbeat(AGENT), JSON.stringify({ ...beat(), cpuPercent: 'much' }));
    others.nats.publish(subjects.agent.heartbeat(AGENT), JSON.stringify(beat()));
    const client = new Client({ connectionString: database.ownerUrl });
    await client.connect();
    await eventually(async () => expect((await client.query('select agent_id from samples')).rows).toEqual([{ agent_id: AGENT }]));
    await client.end();
  });

  test('counts jobs by app and result and machines by state, also over a restart', async ({ others, service }) => {
    const [done, failed, open] = [1, 2, 3].map(() => JobId.parse(randomUUID()));
    for (const id of [done, failed, open]) await others.agentMgmt.queues(id ?? '');
    await others.agentMgmt.finishes(done ?? '', 'succeeded');
    const first = await service();
    await eventually(async () => expect(await exposed(others)).toMatch('citrus_jobs_total{app="nginx",action="install",result="succeeded"} 1'));
    await first.stop();
    await others.agentMgmt.finishes(failed ?? '', 'failed');
    await others.agentMgmt.registers();
    await service();
    await eventually(async () => expect(await exposed(others)).toMatch('citrus_jobs_total{app="nginx",action="install",result="failed"} 1'));
    const text = await exposed(others);
    expect(text).toMatch('citrus_jobs_total{app="nginx",action="install",result="succeeded"} 1');
    expect(text).toMatch('citrus_jobs_open{app="nginx",action="install"} 1');
    expect(text).not.toContain(SERVER);
    await eventually(async () => expect(await exposed(others)).toMatch('citrus_agents{state="down"} 1'));
    others.nats.publish(subjects.agent.heartbeat(AGENT), JSON.stringify(beat()));
    await eventually(async () => expect(await exposed(others)).toMatch('citrus_agents{state="up"} 1'));
    expect(await exposed(others)).toMatch('citrus_machines_memory_bytes{kind="used"} 1000000000');
    expect(await exposed(others)).toMatch('citrus_machines_cpu_percent 25');
    await others.agentMgmt.retires();
    await eventually(async () => expect(await exposed(others)).toMatch(/citrus_agents\{state="up"\} 0\ncitrus_agents\{state="down"\} 0/));
  });
});
