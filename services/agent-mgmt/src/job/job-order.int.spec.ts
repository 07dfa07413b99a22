/** Jobs that wait: for other jobs, for what their installer depends on, for their turn. */
import { createJob, InstallerId, listInstallers, listJobs, readJob, type Job, type RunJob } from '@citrus/contracts';
import { newId } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import { newJobId, type TestAgent } from '../testing/test-agent.ts';
import { test, WEB_MANIFEST, type World } from '../testing/world.ts';

const manifest = (id: string, dependsOn: readonly string[]): Record<string, string> => ({
  'manifest.yml': `${WEB_MANIFEST.replace('id: web', `id: ${id}`).replace('name: Web', `name: ${id.toUpperCase()}`)}depends_on:\n${dependsOn.map((each) => `  - installer: ${each}\n`).join('')}`, 'install.sh': '#!/bin/bash\n',
});
const create = (world: World, agent: TestAgent, more: object = {}): Promise<Job> =>
  world.ask(createJob, { jobId: newJobId(), serverId: agent.serverId, installer: InstallerId.parse('shop'), action: 'install', inputs: {}, priority: 'normal', ...more });
const read = (world: World, jobId: string): Promise<Job> => world.ask(readJob, { jobId });
const isNow = (world: World, jobId: string, status: Job['status']) => eventually(async () => expect((await read(world, jobId)).status).toBe(status), { timeoutMs: 30_000 });
const commandFor = (agent: TestAgent, jobId: string): Promise<RunJob> =>
  eventually(() => {
    const command = agent.received.find((received) => received.type === 'run-job' && received.jobId === jobId);
    expect(command).toBeDefined();
    return command as RunJob;
  }, { timeoutMs: 30_000 });
const jobOf = async (world: World, installer: string): Promise<Job> => (await world.ask(listJobs, { limit: 50 })).items.find((job) => job.installer === installer)!;

describe('an installer that depends on others', () => {
  test('is installed after them, when that was asked for, and each of them once', async ({ world }) => {
    await world.install('shop', manifest('shop', ['web', 'php']));
    await world.install('php', manifest('php', ['web']));
    await world.start();
    const agent = await world.connect();
    await expect(create(world, agent)).rejects.toMatchObject({ code: 'dependency.missing', message: expect.stringContaining('1. web; it is not on this server. Install web first, or ask for it to be installed before (withDependencies). 2. php;') });
    const jobId = newJobId();
    const [shop] = await Promise.all([create(world, agent, { jobId, withDependencies: true }), create(world, agent, { jobId, withDependencies: true })]);
    const [web, php] = [await jobOf(world, 'web'), await jobOf(world, 'php')];
    expect((await world.ask(listJobs, { limit: 50 })).items).toHaveLength(3);
    expect([php.after, shop.after]).toEqual([[web.id], [web.id, php.id]]);
    expect((await read(world, shop.id)).reason).toMatch(/^Waiting for "install (web|php)" to succeed\.$/);
    for (const job of [web, php, shop]) {
      const command = await commandFor(agent, job.id);
      await agent.finished(command, { outcome: 'succeeded', exitCode: 0 });
      await isNow(world, job.id, 'succeeded');
    }
    // A command may have been brought again.
    const runs = new Map(agent.received.flatMap((command) => (command.type === 'run-job' ? [[command.commandId, command.installer] as const] : [])));
    expect([...runs.values()]).toEqual(['web', 'php', 'shop']);
    // They are there now: nothing is brought twice.
    expect((await create(world, agent)).after).toEqual([]);
  });

  test('ends with the first of them that fails, and says which', async ({ world }) => {
    await world.install('shop', manifest('shop', ['php']));
    await world.install('php', manifest('php', ['web']));
    await world.start();
    const agent = await world.connect();
    const shop = await create(world, agent, { withDependencies: true });
    const web = await jobOf(world, 'web');
    await agent.finished(await commandFor(agent, web.id), { outcome: 'failed', exitCode: 1 });
    await isNow(world, shop.id, 'failed');
    const php = await jobOf(world, 'php');
    expect(php).toMatchObject({ status: 'failed', attempt: 0, reason: expect.stringContaining(`It waited for "install web" (job ${web.id}), which ended failed: The installer refused its inputs`) });
    expect((await read(world, shop.id)).reason).toContain(`It waited for "install php" (job ${php.id}), which ended failed: It waited for "install web"`);
    await expect(create(world, agent, { installer: 'web', after: [shop.id] })).rejects.toMatchObject({ code: 'job.predecessor_failed' });
  });

  test('in a circle is refused, and the circle is named', async ({ world }) => {
    await world.install('shop', manifest('shop', ['php']));
    await world.install('php', manifest('php', ['shop']));
    await world.start();
    const { items, refused } = await world.askAny(listInstallers);
    expect(items.map(({ id }) => id)).toEqual(['web']);
    expect(refused).toContainEqual(expect.objectContaining({ folder: 'shop', reason: expect.stringMatching(/depends_on goes in a circle: (php → shop → php|shop → php → shop)/) }));
  });
});

test('a job that waits says for what, at which place, and until when', async ({ world }) => {
  await world.start();
  const agent = await world.absent();
  const web = { installer: 'web' };
  const first = await create(world, agent, { ...web, waitMinutes: 5 });
  const second = await create(world, agent, { ...web, after: [first.id] });
  const urgent = await create(world, agent, { ...web, priority: 'critical' });
  expect(urgent).toMatchObject({ queue: { position: 1, of: 3 }, reason: 'Waiting for the server to come online.' });
  const pages = async (sort: 'createdAt' | '-createdAt'): Promise<string[]> => {
    const one = await world.ask(listJobs, { sort, limit: 2 });
    return [...one.items, ...(await world.ask(listJobs, { sort, limit: 2, cursor: one.nextCursor ?? '' })).items].map(({ id }) => id);
  };
  const byAge = await pages('createdAt');
  expect(byAge.toSorted()).toEqual([first.id, second.id, urgent.id].toSorted());
  expect(await pages('-createdAt')).toEqual(byAge.toReversed());
  expect(await read(world, first.id)).toMatchObject({ queue: { position: 2, of: 3 } });
  expect(Date.parse(first.expiresAt!) - Date.parse(first.createdAt)).toBe(300_000);
  expect(await read(world, second.id)).toMatchObject({ queue: { position: 3, of: 3 }, reason: 'Waiting for "install web" to succeed.' });
  await expect(create(world, agent, { ...web, after: [newId()] })).rejects.toMatchObject({ code: 'job.unknown' });
  const [command] = (await agent.hello()) as RunJob[];
  expect(command?.jobId).toBe(urgent.id);
  await eventually(async () => expect((await read(world, urgent.id)).queue).toBeNull());
});
