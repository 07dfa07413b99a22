import { randomBytes } from 'node:crypto';
import { createJob, InstallerId, readCommandKeys, readJob, rotateCommandKey, type AgentCommand } from '@citrus/contracts';
import { masterKeysOf } from '@citrus/kit-crypto';
import { openDatabase, openPool } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import type { AgentMgmtDatabase } from '../database.ts';
import { newJobId } from '../testing/test-agent.ts';
import { test as inWorld, type World } from '../testing/world.ts';
import { CommandKeys, PUBLISHED_AFTER_MS, PUBLISHED_BEFORE_MS } from './command-keys.ts';
import { test as base } from '../testing/database.ts';

const START = Date.parse('2026-11-21T10:00:00.000Z');

const test = base.extend('keys', async ({ database }, { onCleanup }) => {
  const pool = openPool({ databaseUrl: database.serviceUrl });
  onCleanup(() => pool.end());
  const db = openDatabase<AgentMgmtDatabase>(pool);
  const masterKeys = masterKeysOf(randomBytes(32));
  const time = { now: START };
  /** A replica that has just started: it remembers nothing. */
  const replica = () => new CommandKeys(db, masterKeys, () => new Date(time.now));
  const ids = async () => (await replica().published()).map(({ keyId }) => keyId);
  return { db, time, replica, ids };
});

describe('the keys of commands', () => {
  test('are two from the beginning, the same in every replica, and the first one signs', async ({ keys }) => {
    const replicas = Array.from({ length: 4 }, () => keys.replica());
    const published = await Promise.all(replicas.map((replica) => replica.published()));
    expect(published[0]).toHaveLength(2);
    for (const each of published) expect(each).toEqual(published[0]);
    expect((await keys.replica().signing()).keyId).toBe(published[0]?.[0]?.keyId);
  });

  test('follow each other once agents can know the next one', async ({ keys }) => {
    const [first, second] = await keys.ids();
    await expect(keys.replica().rotate({ compromised: false })).rejects.toThrow(/not every agent can know it yet.*compromised/);
    keys.time.now += PUBLISHED_BEFORE_MS;
    const rotated = await keys.replica().rotate({ compromised: false });
    expect(rotated).toMatchObject({ current: second, previousUntil: new Date(keys.time.now + PUBLISHED_AFTER_MS).toISOString() });
    expect(await keys.ids()).toEqual([first, second, rotated.next]);
    expect((await keys.replica().signing()).keyId).toBe(second);
    await expect(keys.replica().rotate({ compromised: false })).rejects.toThrow('not every agent');
  });

  test('only one of two rotations at the same time happens', async ({ keys }) => {
    await keys.ids();
    keys.time.now += PUBLISHED_BEFORE_MS;
    const results = await Promise.allSettled([keys.replica().rotate({ compromised: false }), keys.replica().rotate({ compromised: false })]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  test('speak to an agent that knows only the old one with that one, as long as there can be such agents', async ({ keys }) => {
    const [first = '', second] = await keys.ids();
    keys.time.now += PUBLISHED_BEFORE_MS;
    await keys.replica().rotate({ compromised: false });
    expect((await keys.replica().signing([first])).keyId).toBe(first);
    expect((await keys.replica().signing(['strange'])).keyId).toBe(second);
    keys.time.now += PUBLISHED_AFTER_MS;
    await keys.replica().destroyOld();
    expect((await keys.replica().signing([first])).keyId).toBe(second);
    expect(await keys.ids()).not.toContain(first);
    const row = await keys.db.selectFrom('command_keys').selectAll().where('key_id', '=', first).executeTakeFirstOrThrow();
    expect(row.sealed_private_key).toBeNull();
  });

  test('T843. that have leaked are given up at once, both', async ({ keys }) => {
    const before = await keys.ids();
    const rotated = await keys.replica().rotate({ compromised: true });
    expect(rotated.previousUntil).toBeNull();
    expect(await keys.ids()).toEqual([rotated.current, rotated.next]);
    expect((await keys.replica().signing(before)).keyId).toBe(rotated.current);
    expect(await keys.db.selectFrom('command_keys').select('key_id').where('sealed_private_key', 'is', null).execute()).toHaveLength(2);
  });
});

const queue = async (world: World, serverId: string) => {
  const jobId = newJobId();
  await world.ask(createJob, { jobId, serverId, installer: InstallerId.parse('web'), action: 'install', inputs: {}, priority: 'normal' });
  return jobId;
};
const trusted = (commands: readonly AgentCommand[]) => commands.flatMap((command) => (command.type === 'trust-keys' ? command.keys.map(({ keyId }) => keyId) : []));

describe('an agent', () => {
  inWorld('is told of new keys with its hello, in the voice of one that it knows, and of a job in the same', async ({ world }) => {
    await world.start();
    const agent = await world.absent();
    const [first] = (await world.call(readCommandKeys, {})).keys.map(({ keyId }) => keyId);
    expect(trusted(await agent.hello())).toEqual([]);
    agent.keyIds = [first ?? ''];
    const known = (await world.call(readCommandKeys, {})).keys.map(({ keyId }) => keyId);
    expect(trusted(await agent.hello())).toEqual(known);
    agent.keyIds = known;
    expect(trusted(await agent.hello())).toEqual([]);
    // As if it had been published long ago.
    await world.db.updateTable('command_keys').set({ created_at: new Date(Date.now() - PUBLISHED_BEFORE_MS) }).execute();
    const rotated = await world.askAny(rotateCommandKey);
    agent.keyIds = [first ?? ''];
    await queue(world, agent.serverId);
    const commands = await agent.hello();
    expect(trusted(commands)).toEqual([...known, rotated.next]);
    expect(commands.map(({ type }) => type)).toEqual(['trust-keys', 'run-job']);
    expect(agent.lastKeyId).toBe(first);
    agent.keyIds = [...known, rotated.next];
    await agent.hello();
    expect(agent.lastKeyId).toBe(rotated.current);
  });

  inWorld('that refuses its command in time ends the job with that reason; a stranger\'s command ends nothing', async ({ world }) => {
    await world.start();
    const agent = await world.absent();
    const jobId = await queue(world, agent.serverId);
    const heard: string[] = [];
    world.nats.subscribe('audit.agent-mgmt', { callback: (_, message) => void heard.push(message.json<{ reason: string }>().reason) });
    expect((await agent.hello()).map(({ type }) => type)).toEqual(['run-job']);
    await agent.refuses({ code: 'signature.invalid', reason: 'the signature does not fit the command' });
    await eventually(async () => expect(await world.ask(readJob, { jobId })).toMatchObject({ status: 'dispatched' }));
    await agent.refuses({ code: 'clock.off', reason: "this machine's clock is 600 seconds ahead", jobId, attempt: 1 });
    await eventually(async () => expect(await world.ask(readJob, { jobId })).toMatchObject({ status: 'failed', reason: expect.stringContaining('clock is 600 seconds ahead') }));
    await eventually(() => expect(heard).toContain('signature.invalid: the signature does not fit the command'));
  });
});
