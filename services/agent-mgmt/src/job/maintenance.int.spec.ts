import { createJob, InstallerId, listAgents, readJob, type Job } from '@citrus/contracts';
import { eventually } from '@citrus/kit-testing';
import { expect } from 'vitest';
import { newJobId, type TestAgent } from '../testing/test-agent.ts';
import { test, type World } from '../testing/world.ts';

const create = (world: World, agent: TestAgent): Promise<Job> =>
  world.ask(createJob, { jobId: newJobId(), serverId: agent.serverId, installer: InstallerId.parse('web'), action: 'install', inputs: { admin_password: 'hunter22' }, priority: 'normal' });
const isBrought = (agent: TestAgent, job: Job) => agent.received.some((command) => command.type === 'run-job' && command.jobId === job.id);
const say = (world: World, agent: TestAgent, type: string, data: object) =>
  world.logs.provisioning.say(`server-${agent.serverId}`, type, { serverId: agent.serverId, at: new Date().toISOString(), ...data });

test('a job waits as long as its server is in maintenance, and goes on by itself; the neighbour’s does not wait', async ({ world }) => {
  await world.start();
  const [agent, neighbour] = [await world.connect(), await world.connect()];
  await say(world, agent, 'MaintenanceChanged', { isOn: true, reason: 'a new disk' });
  const isMaintained = (isOn: boolean) => eventually(async () => {
    expect(await world.db.selectFrom('servers').select('in_maintenance').where('server_id', '=', agent.serverId).executeTakeFirst()).toEqual({ in_maintenance: isOn });
  });
  await isMaintained(true);
  const waiting = await create(world, agent);
  const other = await create(world, neighbour);
  await eventually(() => expect(isBrought(neighbour, other)).toBe(true));
  // Its agent asks by itself, too, and gets nothing.
  await agent.hello();
  expect(isBrought(agent, waiting)).toBe(false);
  expect((await world.ask(readJob, { jobId: waiting.id })).status).toBe('queued');
  await say(world, agent, 'MaintenanceChanged', { isOn: false });
  await eventually(() => expect(isBrought(agent, waiting)).toBe(true), { timeoutMs: 30_000 });
});

test('the agent of a rebuilt server is the one with the new keys, and says its first hello again', async ({ world }) => {
  await world.start();
  const agent = await world.connect();
  const boxKey = 'B'.repeat(43);
  await world.logs.auth.say(`enrolment-${agent.serverId}`, 'AgentEnrolled', { serverId: agent.serverId, projectId: world.projectId, agentId: agent.id, attempt: 1, keys: { nkey: `U${'B'.repeat(55)}`, boxKey } });
  const row = () => world.db.selectFrom('agents').select(['status', 'box_key']).where('agent_id', '=', agent.id).executeTakeFirst();
  await eventually(async () => expect(await row()).toEqual({ status: 'registered', box_key: boxKey }));
  expect((await world.ask(listAgents, { limit: 10 })).items).toMatchObject([{ connectedAt: null }]);
  await agent.hello();
  await eventually(async () => expect(await row()).toEqual({ status: 'connected', box_key: boxKey }));
});
