import type { ActionId, AgentId, JobId, ProjectId, ServerAction, ServerId } from '@citrus/contracts';
import { fold } from '@citrus/kit-domain';
import { expect, test } from 'vitest';
import { onlyCloud } from '../provider/clouds.ts';
import type { ServerCommand } from '../server/server.commands.ts';
import { serverDecider } from '../server/server.decider.ts';
import type { ServerEvent } from '../server/server.events.ts';
import { advanceServer, type ServerProcess } from '../server/server.process.ts';
import { SimulatedCloud } from '../testing/simulated-cloud.ts';
import { chanceOf } from '../testing/simulated-world.ts';
import { policy } from '../testing/simulated-life.ts';

const serverId = '01980000-0000-7000-8000-000000000001' as ServerId;
const actionId = '01980000-0000-7000-8000-00000000000a' as ActionId;
const agentId = 'agent-of-web' as AgentId;
const spec = { name: 'web', region: 'sfo3', size: 's-1', image: 'debian', tags: [], sshKeys: [], backups: false, ipv6: true, monitoring: true };

/** An active server at a cloud in good weather, which is slow with one thing only: with what it lists among its operations. */
const open = async () => {
  let now = Date.parse('2026-11-21T09:00:00.000Z');
  const cloud = new SimulatedCloud({ now: () => now, pass: (ms) => void (now += ms), chance: chanceOf(1), lagMs: 0, createTimeoutMs: policy.createTimeoutMs, trouble: 0 });
  let listsFrom = 0;
  const events: ServerEvent[] = [];
  const execute = async (command: ServerCommand): Promise<readonly ServerEvent[]> => {
    const made = serverDecider.decide(command, fold(serverDecider, events));
    events.push(...made);
    return made;
  };
  const at = () => new Date(now).toISOString();
  const operations = cloud.operations.bind(cloud);
  cloud.operations = async (ref, since) => (now < listsFrom ? [] : operations(ref, since));
  const logSays = () => ({ state: fold(serverDecider, events), version: events.length, position: events.length });
  const process: ServerProcess = {
    load: async () => logSays(), execute: async (command) => ({ events: await execute(command), ...logSays() }), clouds: onlyCloud('digitalocean', cloud), policy, userDataFor: async () => '', now: () => now, random: () => 0,
  };
  const until = async (isSo: () => boolean): Promise<void> => {
    for (let steps = 0; steps < 200 && !isSo(); steps += 1) {
      const { wakeAt } = await advanceServer(process, serverId);
      if (wakeAt === null && !isSo()) throw new Error('it rests for good');
      now = Math.max(now, wakeAt ?? now);
    }
    expect(isSo(), events.map(({ type }) => type).join(' ')).toBe(true);
  };
  const has = (type: ServerEvent['type']) => () => events.some((event) => event.type === type);
  await execute({ type: 'RequestServer', at: at(), data: { serverId, projectId: serverId as unknown as ProjectId, agentId, jobId: serverId as unknown as JobId, spec } });
  await until(has('DropletReady'));
  await execute({ type: 'RecordAgentConnected', at: at(), data: { serverId, agentId } });
  return {
    cloud, events, until, has,
    listsAfter: (ms: number) => (listsFrom = now + ms),
    listsNow: () => (listsFrom = 0),
    ask: (action: ServerAction) => execute({ type: 'RequestAction', at: at(), data: { serverId, actionId, action } }),
  };
};

test('an action that was given up as lost is looked for once more before it is asked for again: one snapshot, not two', async () => {
  const { cloud, events, until, has, listsAfter, listsNow, ask } = await open();
  await ask({ type: 'snapshot', name: 'nightly' });
  cloud.losesNextAnswer = true;
  // Longer than the cloud has any right to.
  listsAfter(10 * policy.settleMs);
  await until(has('ActionLost'));
  listsNow();
  await until(has('ActionSucceeded'));
  expect(events.filter(({ type }) => type === 'ActionIntended')).toHaveLength(1);
  expect(cloud.kept.map(({ name }) => name)).toEqual(['nightly']);
});
