/** The lives of servers that join, with killed and doubled processes: they end, and no cloud hears of them. */
import type { AgentId, JobId, ProjectId, ServerId } from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';
import { array, assert, asyncProperty, constantFrom, integer, record } from 'fast-check';
import { expect, test } from 'vitest';
import { policy } from '../testing/simulated-life.ts';
import type { ServerCommand } from './server.commands.ts';
import { serverDecider } from './server.decider.ts';
import type { ServerEvent } from './server.events.ts';
import { advanceServer, type ServerProcess } from './server.process.ts';
import type { ServerState } from './server.state.ts';

const serverId = '01980000-0000-7000-8000-000000000001' as ServerId;
const agentId = `agent-${serverId}` as AgentId;
const spec = { name: 'web', region: 'none', size: 'none', image: 'none', tags: [], sshKeys: [], backups: false, ipv6: false, monitoring: false };
const HOUR = 3_600_000;
class Killed extends Error {}

const forbidden = async (): Promise<never> => {
  throw new Error('a cloud was asked about a server that joins');
};

type Happening = { readonly what: 'connect' | 'renew' | 'delete' | 'retry' | 'wake' | 'wake twice' | 'die' | 'look-up' | 'request'; readonly afterMs: number };
const happening = record({
  what: constantFrom<Happening['what']>('connect', 'renew', 'delete', 'retry', 'wake', 'wake', 'wake twice', 'die', 'look-up', 'request'), afterMs: integer({ min: 0, max: 30 * HOUR }),
});

const live = async (happenings: readonly Happening[]): Promise<{ state: ServerState; events: ServerEvent[] }> => {
  let now = Date.parse('2026-11-21T09:00:00.000Z');
  let state: ServerState = serverDecider.initialState;
  let isDying = false;
  const events: ServerEvent[] = [];
  const at = () => new Date(now).toISOString();
  const endsAt = () => new Date(now + 24 * HOUR).toISOString();
  const execute = async (command: ServerCommand): Promise<readonly ServerEvent[]> => {
    const made = serverDecider.decide(command, state);
    for (const event of made) state = serverDecider.evolve(state, event);
    events.push(...made);
    if (isDying) throw new Killed();
    return made;
  };
  const logSays = () => ({ state, version: events.length, position: events.length });
  const process: ServerProcess = { load: async () => logSays(), execute: async (command) => ({ events: await execute(command), ...logSays() }), clouds: { cloudFor: forbidden, usableSince: forbidden, all: forbidden }, userDataFor: forbidden, policy, now: () => now, random: () => 0.5 };
  const wake = async (): Promise<number | null> => {
    try {
      return (await advanceServer(process, serverId)).wakeAt;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      return now;
    }
  };
  const ask = async (command: ServerCommand): Promise<void> => {
    try {
      await execute(command);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  };
  const request = (): ServerCommand => ({ type: 'RequestServer', at: at(), data: { serverId, projectId: serverId as unknown as ProjectId, agentId, jobId: serverId as unknown as JobId, spec, joinEndsAt: endsAt() } });
  const act: Record<Happening['what'], () => Promise<unknown>> = {
    connect: () => ask({ type: 'RecordAgentConnected', at: at(), data: { serverId, agentId } }),
    renew: () => ask({ type: 'RenewJoin', at: at(), data: { serverId, endsAt: endsAt() } }),
    delete: () => ask({ type: 'RequestDeletion', at: at(), data: { serverId } }),
    retry: () => ask({ type: 'RetryServer', at: at(), data: { serverId } }),
    'look-up': () => ask({ type: 'RecordLookUp', at: at(), data: { serverId, attempt: 1, tryNumber: 1, ours: ['7'], strays: ['8'], isSettled: true } }),
    request: () => ask(request()),
    wake, 'wake twice': () => Promise.all([wake(), wake()]),
    die: async () => {
      isDying = true;
      await wake();
      isDying = false;
    },
  };
  await execute(request());
  for (const { what, afterMs } of happenings) {
    now += afterMs;
    await act[what]();
  }
  for (let wakeAt: number | null = now, turns = 0; wakeAt !== null && turns < 10; turns += 1) {
    now = Math.max(now, wakeAt);
    wakeAt = await wake();
  }
  return { state, events };
};

test('a server that joins ends active, failed with a reason, or deleted, and no cloud hears of it', async () => {
  const ends = new Set<string>();
  await assert(
    asyncProperty(array(happening, { maxLength: 8 }), async (happenings) => {
      const { state, events } = await live(happenings);
      const told = events.map(({ type }) => type).join(' ');
      expect(['active', 'failed', 'deleted'], told).toContain(state.status);
      if (state.status === 'failed') expect(state.reason).toMatch(/^[A-Z].+\.$/);
      expect(events.filter(({ type }) => /Droplet|Stray/.test(type))).toEqual([]);
      expect(state).toMatchObject({ pending: null, unwanted: [], unsweptSince: null });
      ends.add(state.status);
    }),
    // A busy machine lives fewer.
    { numRuns: 2000, interruptAfterTimeLimit: 8000, endOnFailure: true },
  );
  expect(ends).toEqual(new Set(['active', 'failed', 'deleted']));
});
