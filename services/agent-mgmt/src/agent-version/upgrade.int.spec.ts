import { labelAgent, listAgents, upgradeAgents, type Agent, type AgentUpgrade, type Digest } from '@citrus/contracts';
import { newId } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { test as base, type World } from '../testing/world.ts';
import type { TestAgent } from '../testing/test-agent.ts';

const PATIENCE = { timeoutMs: 60_000 };
const digest = (character: string): Digest => `sha256:${character.repeat(64)}` as Digest;

/** A service beside a build of the agent, version 2.0.0. */
const test = base.extend('builds', async ({ world }, { onCleanup }): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'agent-builds-'));
  onCleanup(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'index.json'), JSON.stringify({ 'agent.mjs': { version: '2.0.0', digest: digest('a') }, 'node-x64.gz': { version: '24', digest: digest('b') } }));
  await world.start({ CITRUS_ARTIFACTS_DIR: folder });
  return folder;
});

const connect = async (world: World): Promise<TestAgent> => {
  const agent = await world.absent();
  agent.facts = { ...agent.facts, agentDigest: digest('0'), nodeVersion: 'v24' };
  await agent.hello();
  agent.connect();
  await eventually(async () => (await shown(world, agent)).update === 'available', PATIENCE);
  return agent;
};

const shown = async (world: World, { serverId }: TestAgent): Promise<Agent> => {
  const { items } = await world.ask(listAgents, { serverId, limit: 1 });
  if (!items[0]) throw new Error('no agent');
  return items[0];
};
const commandsTo = (agent: TestAgent): AgentUpgrade[] => agent.received.filter((command) => command.type === 'agent-upgrade');
const ask = (world: World, agents: readonly TestAgent[], limits: object = {}) =>
  world.ask(upgradeAgents, { waveId: newId(), serverIds: agents.map(({ serverId }) => serverId), atOnce: 1, maxFailures: 0, allowDowngrade: false, ...limits });

test('agents of a wave are told one after the other, and the rest is called off when one fails', { timeout: 180_000 }, async ({ world, builds }) => {
  expect(builds).toBeTruthy();
  const [first, second, third] = [await connect(world), await connect(world), await connect(world)] as const;
  const wave = { waveId: newId(), serverIds: [first, second, third].map(({ serverId }) => serverId), atOnce: 1, maxFailures: 0, allowDowngrade: false };
  expect((await world.ask(upgradeAgents, wave)).agents.map(({ outcome }) => outcome)).toEqual(['asked', 'asked', 'asked']);
  expect((await world.ask(upgradeAgents, wave)).agents.map(({ outcome }) => outcome), 'a second click').toEqual(['asked', 'asked', 'asked']);
  expect((await ask(world, [first])).agents).toMatchObject([{ outcome: 'refused', reason: expect.stringContaining('under way') as string }]);

  await eventually(() => commandsTo(first).length === 1, PATIENCE);
  expect(commandsTo(first)[0]).toMatchObject({ build: { version: '2.0.0', agentDigest: digest('a'), runtimes: { x64: { digest: digest('b') } } } });
  expect((await first.hello()).filter(({ type }) => type === 'agent-upgrade'), 'told again at its hello').toHaveLength(1);
  expect(commandsTo(second)).toEqual([]);
  const { upgradeId } = commandsTo(first)[0] as AgentUpgrade;
  await second.upgradeFinished({ upgradeId, outcome: 'upgraded' });
  await eventually(async () => expect((await shown(world, first)).upgrade, 'not by another agent').toMatchObject({ status: 'begun' }), PATIENCE);
  first.facts = { ...first.facts, agentVersion: '2.0.0', agentDigest: digest('a') };
  await first.hello();
  for (let time = 0; time < 2; time += 1) await first.upgradeFinished({ upgradeId, outcome: 'upgraded' });
  await eventually(async () => expect(await shown(world, first)).toMatchObject({ update: 'none', upgrade: { status: 'upgraded', version: '2.0.0' } }), PATIENCE);

  await eventually(() => commandsTo(second).length === 1, PATIENCE);
  await second.upgradeFinished({ upgradeId: commandsTo(second)[0]?.upgradeId ?? '', outcome: 'reverted', code: 'upgrade.reverted', reason: 'no answer' });
  await eventually(async () => expect(await shown(world, third)).toMatchObject({ upgrade: { status: 'failed', code: 'upgrade.called_off' } }), PATIENCE);
  expect(await shown(world, second)).toMatchObject({ upgrade: { status: 'failed', code: 'upgrade.reverted', reason: 'no answer', isReverted: true } });
  expect(commandsTo(third)).toEqual([]);
  expect((await ask(world, [first])).agents).toMatchObject([{ outcome: 'current' }]);
});

test('an agent that refuses has failed, one from before upgrades is left alone', { timeout: 120_000 }, async ({ world, builds }) => {
  expect(builds).toBeTruthy();
  const [agent, old] = [await connect(world), await world.connect()] as const;
  agent.answer = () => ({ outcome: 'refused', code: 'command.malformed', reason: 'the signed text is not a command' });
  expect((await ask(world, [agent, old], { atOnce: 2 })).agents).toMatchObject([{ outcome: 'asked' }, { outcome: 'refused', reason: expect.stringContaining('installation once again') as string }]);
  await eventually(async () => expect(await shown(world, agent)).toMatchObject({ upgrade: { status: 'failed', code: 'command.malformed' } }), PATIENCE);
  expect(await shown(world, old)).toMatchObject({ update: 'by-hand', upgrade: null });
});

test('labels are put on and taken off, and there are not too many', { timeout: 120_000 }, async ({ world, builds }) => {
  expect(builds).toBeTruthy();
  const { serverId } = await connect(world);
  const label = (set: Record<string, string>, remove: string[] = []) => world.ask(labelAgent, { serverId, set, remove });
  expect(await label({ env: 'prod', canary: '' })).toMatchObject({ labels: { env: 'prod', canary: '' } });
  expect(await label({ env: 'test' }, ['canary', 'none'])).toMatchObject({ labels: { env: 'test' } });
  await expect(label(Object.fromEntries(Array.from({ length: 32 }, (_, number) => [`l${number}`, ''])))).rejects.toMatchObject({ code: 'agent.too_many_labels' });
  await expect(label({ 'A b': '' })).rejects.toThrow();
  await expect(world.ask(labelAgent, { serverId: newId(), set: {}, remove: [] })).rejects.toMatchObject({ code: 'agent.unknown' });
});
