/**
 * Any program may be killed at any moment of the journey: the server still becomes active, the job still ends, and
 * neither the history nor the job's log has a gap.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
