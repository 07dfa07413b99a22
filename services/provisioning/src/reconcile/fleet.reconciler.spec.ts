import type { AgentId, JobId, ProjectId, ServerId } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';
import { onlyCloud } from '../provider/clouds.ts';
import { machine } from '../provider/provider.contract.ts';
import { FLEET_TAG, nameOfAttempt, tagOfServer } from '../provider/provider.port.ts';
import { serverDecider } from '../server/server.decider.ts';
import type { ServerEvent } from '../server/server.events.ts';
import type { ServerProcess } from '../server/server.process.ts';
import type { ServerState } from '../server/server.state.ts';
import { chanceOf, SimulatedCloud } from '../testing/simulated-cloud.ts';
import { policy } from '../testing/simulated-life.ts';
import { reconcileFleet } from './fleet.reconciler.ts';

const serverId = '01980000-0000-7000-8000-000000000001' as ServerId;
const stranger = '01980000-0000-7000-8000-000000000002' as ServerId;
const spec = { name: 'web', region: 'sfo3', size: 's-1', image: 'debian', tags: [], sshKeys: [], backups: false, ipv6: true, monitoring: true };

/** A server that was deleted after a create that nobody heard of again. */
const open = () => {
  let now = Date.parse('2026-11-21T09:00:00.000Z');
  const cloud = new SimulatedCloud({ now: () => now, pass: (ms) => void (now += ms), chance: chanceOf(1), lagMs: 0, createTimeoutMs: 1000, trouble: 0 });
  const at = new Date(now).toISOString();
  const events: ServerEvent[] = [
    { type: 'ServerRequested', data: { serverId, projectId: serverId as unknown as ProjectId, agentId: 'agent-of-web' as AgentId, jobId: serverId as unknown as JobId, spec, at } },
    { type: 'DeletionRequested', data: { serverId, at } },
    { type: 'ServerDeleted', data: { serverId, at } },
  ];
  const stateOf = (): ServerState => events.reduce(serverDecider.evolve, serverDecider.initialState);
  const process: ServerProcess = {
    load: async (id) => ({ state: id === serverId ? stateOf() : serverDecider.initialState, version: events.length }),
    execute: async (command) => {
      const made = serverDecider.decide(command, stateOf());
      events.push(...made);
      return made;
    },
    clouds: onlyCloud('digitalocean', cloud), policy, userDataFor: async () => '', now: () => now, random: () => 0,
  };
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const arrive = (id: ServerId) => cloud.create({ ...machine, tags: [FLEET_TAG] }, { name: nameOfAttempt('web', id, 1), tag: tagOfServer(id), size: machine.size });
  return { events, arrive, pass: (ms: number) => void (now += ms), reconcile: (owned: string[] = []) => reconcileFleet({ process, ownedAmong: async () => new Set(owned), logger: quiet }) };
};

const LATE_MS = policy.settleMs + policy.createTimeoutMs;

describe('the reconciler of the fleet', () => {
  test('notes a droplet that came too late as a stray, once', async () => {
    const { arrive, pass, reconcile, events } = open();
    await arrive(serverId);
    expect(await reconcile()).toEqual({ strays: 0, orphans: 0 });
    pass(LATE_MS);
    expect(await reconcile()).toEqual({ strays: 1, orphans: 0 });
    expect(events.at(-1)).toMatchObject({ type: 'StrayDropletFound', data: { serverId, dropletRef: '101' } });
    expect(await reconcile()).toEqual({ strays: 0, orphans: 0 });
  });

  test('leaves the droplets of other installations, and those in use, alone', async () => {
    const { arrive, pass, reconcile, events } = open();
    await arrive(stranger);
    await arrive(serverId);
    pass(LATE_MS);
    const before = events.length;
    expect(await reconcile(['102'])).toEqual({ strays: 0, orphans: 1 });
    expect(events).toHaveLength(before);
  });
});
