/**
 * Any program may be killed at any moment of the journey: the server still becomes active, the job still ends, and
 * neither the history nor the job's log has a gap.
 */
import { eventually } from '@citrus/kit-testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { agentOf } from './agent-process.ts';
import { Client, pageText } from './client.ts';
import { startSystem, type System } from './system.ts';

const PROGRAMS = ['hub', 'auth', 'provisioning', 'agent-mgmt', 'metrics', 'nats', 'postgres', 'local-cloud'];

let system: System;
let client: Client;

beforeAll(async () => {
  system = await startSystem({ driver: 'process' });
  client = await new Client(system.credentials).signIn();
});
afterAll(() => system?.dispose());

describe.each(PROGRAMS)('killing %s', (program) => {
  test('loses no server and no job', async () => {
    const server = await client.createServer(`survivor-of-${program}`);
    await system.kill(program);
    const active = await client.serverIs(server.id, 'active');

    const job = await client.createJob({ serverId: server.id, installer: 'static-site', inputs: { site_title: `After ${program}` } });
    await system.kill(program);
    const ended = await client.jobEnds(job.id);
    expect(ended).toMatchObject({ status: 'succeeded', exitCode: 0 });
    const { body } = await client.get<{ inputs: { site_port: number } }>(`/api/jobs/${job.id}`);
    expect(await pageText(`http://${active.ipAddress}:${body.inputs.site_port}/`)).toContain(`After ${program}`);

    const { messages } = await client.followJob(job.id);
    expect(messages.at(-1)).toMatchObject({ status: 'succeeded' });
  });
});

test('killing the agent in the middle of a job ends the job as lost, and the next one runs', async () => {
  const { id } = await client.createServer('without-agent');
  const server = await client.serverIs(id, 'active');
  const job = await client.createJob({ serverId: server.id, installer: 'static-site', inputs: { site_title: 'Interrupted' } });
  await expect.poll(async () => (await client.get<{ status: string }>(`/api/jobs/${job.id}`)).body.status, { timeout: 60_000 }).not.toBe('queued');
  // A script that is about to begin looks like the agent that begins it, for a moment.
  const agents = await eventually(() => {
    const found = agentOf(server);
    expect(found).toHaveLength(1);
    return found;
  });
  for (const pid of agents) process.kill(pid, 'SIGKILL');
  const ended = await client.jobEnds(job.id);
  // The kill may also have come after the script's end; then the result was kept until it could be told.
  expect(['lost', 'succeeded']).toContain(ended.status);
  const next = await client.createJob({ serverId: server.id, installer: 'static-site', inputs: { site_title: 'After the agent' } });
  expect(await client.jobEnds(next.id)).toMatchObject({ status: 'succeeded', exitCode: 0 });
});

test('killing npm start itself loses nothing: the next one takes over what it left', async () => {
  const before = await client.history();
  await system.killSupervisor();
  await system.start();
  client = await new Client(system.credentials).signIn();
  expect((await client.history()).slice(0, before.length)).toEqual(before);
  const server = await client.createServer('after-all');
  await client.serverIs(server.id, 'active');
});

test('the history has no gap', async () => {
  const history = await client.history();
  const services = new Set(history.map(({ service }) => service));
  expect([...services].sort()).toEqual(['agent-mgmt', 'auth', 'provisioning']);
  for (const service of services) {
    const positions = history.filter((event) => event.service === service).map(({ position }) => position);
    expect(new Set(positions).size).toBe(positions.length);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
  }
});
