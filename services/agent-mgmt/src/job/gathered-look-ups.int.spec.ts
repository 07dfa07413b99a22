/** Rows that several callers ask for in the same moment are one statement; nobody gets another's, nor another's fault. */
import { createJob, InstallerId } from '@citrus/contracts';
import { internalScope, projectScope, type Scope } from '@citrus/kit-domain';
import { newId } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import { expect } from 'vitest';
import { AgentStore } from '../agent/agent.store.ts';
import { InstalledAppsStore } from '../installer/installed-apps.store.ts';
import { newJobId } from '../testing/test-agent.ts';
import { test } from '../testing/world.ts';
import { JobStore } from './job.store.ts';

const scopeOf = (projectId: string): Scope => projectScope({ memberships: [{ projectId }] }, projectId);
const BAD = ['no-uuid', `${newId()}\0`, '', "'; drop table jobs; --"];

test('a job, a server, an agent and its apps are seen by their own project only, whoever asks beside it and for what', async ({ world }) => {
  await world.start();
  const agent = await world.connect();
  const { id } = await world.ask(createJob, { jobId: newJobId(), serverId: agent.serverId, installer: InstallerId.parse('web'), action: 'install', inputs: { admin_password: 'hunter22' }, priority: 'normal' });
  await eventually(() => expect(agent.received).not.toEqual([]));
  const command = agent.received.find((each) => each.type === 'run-job');
  if (command?.type !== 'run-job') throw new Error('no command has come');
  await agent.started(command);
  await agent.finished(command, { outcome: 'succeeded', exitCode: 0 });
  const [jobs, agents, apps] = [new JobStore(world.db, () => new Date()), new AgentStore(world.db), new InstalledAppsStore(world.db)];
  await eventually(async () => expect((await jobs.find(internalScope('a test'), id))?.status).toBe('succeeded'));

  const [own, other, inside] = [scopeOf(world.projectId), scopeOf(newId()), internalScope('a test')];
  const asked = async (find: (scope: Scope, id: string) => Promise<unknown>, wanted: string, unknown: readonly string[]): Promise<string> => {
    const all = [find(other, wanted), find(own, wanted), ...unknown.flatMap((bad) => [find(own, bad), find(other, wanted)]), find(own, newId()), find(own, wanted), find(inside, wanted), find(other, wanted)];
    return (await Promise.allSettled(all)).map((each) => (each.status === 'rejected' ? '!' : each.value === undefined || (Array.isArray(each.value) && each.value.length === 0) ? '-' : 'x')).join('');
  };
  const faulty = `-x${'!-'.repeat(BAD.length)}-xx-`;
  expect(await asked((scope, jobId) => jobs.find(scope, jobId), id, BAD)).toBe(faulty);
  expect(await asked((scope, serverId) => agents.findServer(scope, serverId), agent.serverId, BAD)).toBe(faulty);
  expect(await asked((scope, serverId) => apps.on(scope, serverId), agent.serverId, BAD)).toBe(faulty);
  expect(await asked((scope, agentId) => agents.find(scope, agentId), agent.id, ['a\0b', 'a\0b'])).toBe('-x!-!--xx-');
  expect([await jobs.find(own, id.toUpperCase()), await agents.findServer(own, agent.serverId.toUpperCase())]).not.toContain(undefined);
  expect(await jobs.find(other, id.toUpperCase())).toBeUndefined();
});
