/**
 * One server's life in a simulated world: the real decider and process manager, a log in memory, a clock that jumps,
 * and a process that may be killed at every call and restarted later, or be doubled by a second replica.
 */
import type { ActionId, AgentId, JobId, ProjectId, ServerAction, ServerId } from '@citrus/contracts';
import { NotFound, Refusal, Unavailable } from '@citrus/kit-domain';
import { withFleetView } from '../fleet-view/fleet-view.ts';
import { onlyCloud } from '../provider/clouds.ts';
import type { CloudProvider } from '../provider/provider.port.ts';
import { pauseAfterFailure, type Policy } from '../server/next-step.ts';
import type { ServerCommand } from '../server/server.commands.ts';
import { serverDecider } from '../server/server.decider.ts';
import type { ServerEvent } from '../server/server.events.ts';
import { advanceServer, type ServerProcess } from '../server/server.process.ts';
import type { ServerState } from '../server/server.state.ts';
import { SimulatedCloud } from './simulated-cloud.ts';
import { chanceOf, USUAL, type Chance, type Mood } from './simulated-world.ts';

class Killed extends Error {}

export const SERVER = '01980000-0000-7000-8000-000000000001' as ServerId;
const AGENT = `agent-${SERVER}` as AgentId;
const LEASE_MS = 120_000;
const LONGEST_LIFE = 4000;

export const policy: Policy = {
  longestActionMs: 1_200_000,
  settleMs: 60_000, createTimeoutMs: 30_000, pollMs: { first: 1000, longest: 15_000 },
  deadlinesMs: { creating: 600_000, provisioning: 600_000, initializing: 600_000, deleting: 3_600_000 },
};

export type Life = { readonly state: ServerState; readonly events: readonly ServerEvent[]; readonly cloud: SimulatedCloud; readonly steps: number };

type Fate = { readonly chance: Chance; readonly risk: number; readonly sleep: () => void };

/** Each call to the outside may be the process's last: before it has its effect, or after. After the log's answer it may sleep. */
const mortal = (process: Omit<ServerProcess, 'clouds'> & { cloud: CloudProvider }, { chance, risk, sleep }: Fate): ServerProcess => {
  const risky = async <T>(effect: () => Promise<T>): Promise<T> => {
    for (let turns = chance.below(4); turns > 1; turns -= 1) await Promise.resolve();
    if (chance(risk)) throw new Killed();
    const result = await effect();
    if (chance(risk)) throw new Killed();
    return result;
  };
  const { cloud, ...rest } = process;
  return {
    ...rest,
    load: (id) => risky(() => process.load(id)),
    execute: (command, server, seen) => risky(async () => {
      const made = await process.execute(command, server, seen);
      sleep();
      return made;
    }),
    userDataFor: (server, expiresAt) => risky(() => process.userDataFor(server, expiresAt)),
    clouds: onlyCloud('digitalocean', {
      capabilities: cloud.capabilities,
      create: (spec, key) => risky(() => cloud.create(spec, key)),
      find: (key, shownSince) => risky(() => cloud.find(key, shownSince)),
      get: (ref) => risky(() => cloud.get(ref)),
      list: (tag, cursor) => risky(() => cloud.list(tag, cursor)),
      operation: (opRef) => risky(() => cloud.operation(opRef)),
      destroy: (ref) => risky(() => cloud.destroy(ref)),
      act: (ref, action) => risky(() => cloud.act(ref, action)),
      operations: (ref, since) => risky(() => cloud.operations(ref, since)),
      snapshots: (ref) => risky(() => cloud.snapshots(ref)),
      removeSnapshot: (ref) => risky(() => cloud.removeSnapshot(ref)),
      addTags: (ref, tags, beside) => risky(() => cloud.addTags(ref, tags, beside)),
      removeTags: (ref, tags) => risky(() => cloud.removeTags(ref, tags)),
      probe: () => risky(() => cloud.probe()),
    }),
  };
};

/** Each is told from every other one by what it asks for, as far as it can be. */
const anyAction = (whim: Chance, nth: number): ServerAction => {
  const all: ServerAction[] = [
    { type: 'power-on' }, { type: 'power-off' }, { type: 'shutdown' }, { type: 'reboot' }, { type: 'power-cycle' }, { type: 'enable-backups' }, { type: 'disable-backups' },
    { type: 'resize', size: `s-${nth}`, withDisk: false }, { type: 'rename', name: `web-${nth}` }, { type: 'snapshot', name: `nightly-${nth}` }, { type: 'snapshot', name: `nightly-${nth}` },
    { type: 'rebuild', image: `debian-${nth}` }, { type: 'rebuild', image: `debian-${nth}` }, { type: 'restore', snapshotRef: 'snapshot-of-op-101-1' }, { type: 'remove-snapshot', snapshotRef: 'snapshot-of-op-101-1' },
  ];
  return all[Math.floor(whim.below(all.length))] ?? { type: 'reboot' };
};

export const TAGS = ['shop', 'canary', 'env:prod'] as const;
/** Each tag is put on, taken off, or left as it is. */
const anyTags = (tagging: Chance): ServerAction => {
  const [first, second, third] = TAGS;
  return tagging(0.5) ? { type: 'tag', add: [first, second], remove: tagging(0.5) ? [third] : [] } : { type: 'tag', add: tagging(0.5) ? [third] : [], remove: [first] };
};

const actionIdOf = (nth: number) => `01980000-0000-7000-8000-${String(nth).padStart(12, '0')}` as ActionId;

/** With it, everything that a listing of the fleet may answer is answered by one, and pages are as short as can be. */
const viewOf = (cloud: SimulatedCloud, now: () => number, pass: (ms: number) => void): CloudProvider => withFleetView(cloud, {
  now, alwaysLists: true, sweepPatienceMs: 20_000,
  pause: async (ms) => pass(ms),
});

/** @param trouble 0 is a perfect world, 1 a bad one */
export const liveOnce = async (seed: number, trouble: number, mood: Mood = USUAL, { hasFleetView = false, hasUniqueNames = false }: { hasFleetView?: boolean; hasUniqueNames?: boolean } = {}): Promise<Life> => {
  const chance = chanceOf(seed);
  // What came to this simulation later has its own dice, so that the lives of known seeds stay as they were.
  const whim = chanceOf(~seed);
  const tagging = chanceOf(seed ^ 0x74616773);
  let now = Date.parse('2026-11-21T09:00:00.000Z');
  const cloud = new SimulatedCloud({ now: () => now, pass: (ms) => void (now += ms), chance, lagMs: policy.settleMs * 0.8, createTimeoutMs: policy.createTimeoutMs, trouble, mood, hasUniqueNames, ...(hasFleetView && { pageSize: 1 }) });
  const events: ServerEvent[] = [];
  let state: ServerState = serverDecider.initialState;
  const execute = async (command: ServerCommand): Promise<readonly ServerEvent[]> => {
    const made = serverDecider.decide(command, state);
    for (const event of made) state = serverDecider.evolve(state, event);
    events.push(...made);
    return made;
  };
  const logSays = () => ({ state, version: events.length, position: events.length });
  const process = mortal(
    { load: async () => logSays(), execute: async (command) => ({ events: await execute(command), ...logSays() }), cloud: hasFleetView ? viewOf(cloud, () => now, (ms) => void (now += ms)) : cloud, userDataFor: async () => '#!/bin/bash\n', policy, now: () => now, random: () => chance.below(1) },
    { chance, risk: 0.02 * trouble, sleep: () => void (whim(0.03 * trouble * mood.sleeps) && (now += whim.below(1.2 * policy.createTimeoutMs))) },
  );
  const at = () => new Date(now).toISOString();
  await execute({ type: 'RequestServer', at: at(), data: { serverId: SERVER, projectId: SERVER as unknown as ProjectId, agentId: AGENT, jobId: SERVER as unknown as JobId, spec: { name: 'web', region: 'sfo3', size: 's-1', image: 'debian', tags: [], sshKeys: [], backups: false, ipv6: true, monitoring: true } } });

  let failures = 0;
  const advance = async (): Promise<number | null> => {
    try {
      const { wakeAt } = await advanceServer(process, SERVER);
      failures = 0;
      return wakeAt;
    } catch (error) {
      if (error instanceof Killed) return now + LEASE_MS * chance.below(1);
      if (!(error instanceof Unavailable)) throw error;
      failures += 1;
      return now + pauseAfterFailure(failures, policy, chance.below(1));
    }
  };

  /** People and agents do what they do at their own times. */
  const isAgentBroken = chance(0.1 * trouble);
  const bootMs = 5000 + chance.below(60_000);
  const outside: { at: number; act: () => Promise<unknown> }[] = [];
  const seenAgents = new Set<string>();
  const ask = (command: ServerCommand) => async () => {
    try {
      await execute(command);
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof NotFound)) throw error;
    }
  };
  if (chance(0.3)) {
    const when = now + chance.below(300_000);
    outside.push({ at: when, act: ask({ type: 'RequestDeletion', at: new Date(when).toISOString(), data: { serverId: SERVER } }) });
  }
  for (let retries = chance.below(3); retries > 1; retries -= 1) {
    const when = now + chance.below(2_000_000);
    outside.push({ at: when, act: ask({ type: 'RetryServer', at: new Date(when).toISOString(), data: { serverId: SERVER } }) });
  }

  for (let nth = Math.floor(whim.below(mood.actions + (mood.actions > 0 ? 1 : 0))); nth > 0; nth -= 1) {
    const when = now + whim.below(1_500_000);
    const actionId = actionIdOf(nth);
    const request: ServerCommand = { type: 'RequestAction', at: new Date(when).toISOString(), data: { serverId: SERVER, actionId, action: tagging(0.2) ? anyTags(tagging) : anyAction(whim, nth) } };
    outside.push({ at: when, act: ask(request) });
    // Asked for again, because the answer was lost.
    if (whim(0.3)) outside.push({ at: when + whim.below(200_000), act: ask(request) });
    if (whim(0.2)) {
      const later = when + whim.below(1500);
      outside.push({ at: later, act: ask({ type: 'CancelAction', at: new Date(later).toISOString(), data: { serverId: SERVER, actionId } }) });
    }
    if (whim(0.1)) outside.push({ at: when, act: ask({ type: 'ProtectServer', at: new Date(when).toISOString(), data: { serverId: SERVER, isProtected: whim(0.3) } }) });
    if (whim(0.1)) outside.push({ at: when, act: ask({ type: 'MaintainServer', at: new Date(when).toISOString(), data: { serverId: SERVER, isOn: whim(0.5) } }) });
  }
  /** A disk that was written anew boots, and its agent waits at the door until the token is armed again. */
  const reborn = (machine: SimulatedCloud['machines'][number]) => {
    for (const { opRef, action, endsAt, succeeds } of machine.undertakings) {
      if (seenAgents.has(opRef) || isAgentBroken || !succeeds || (action.type !== 'rebuild' && action.type !== 'restore')) continue;
      seenAgents.add(opRef);
      const connect = async (): Promise<unknown> => {
        if (!cloud.existing().includes(machine) || state.status === 'none' || state.reenrolledAt === undefined) return undefined;
        return execute({ type: 'RecordAgentConnected', at: at(), data: { serverId: SERVER, agentId: AGENT } });
      };
      for (const tries of [0, 60_000, 200_000]) outside.push({ at: endsAt + bootMs + tries, act: connect });
    }
  };

  let wakeAt: number | null = now;
  let steps = 0;
  let failuresSeen = 0;
  for (; steps < LONGEST_LIFE; steps += 1) {
    for (const machine of cloud.machines) {
      reborn(machine);
      if (seenAgents.has(machine.ref) || isAgentBroken || machine.vanishesAt < Infinity) continue;
      seenAgents.add(machine.ref);
      const when = machine.activeAt + bootMs;
      const isCurrent = () => cloud.existing().includes(machine);
      outside.push({ at: when, act: async () => isCurrent() && execute({ type: 'RecordAgentConnected', at: new Date(when).toISOString(), data: { serverId: SERVER, agentId: AGENT } }) });
    }
    const failed = events.filter(({ type }) => type === 'ServerFailed').length;
    if (failed > failuresSeen && failed <= 3 && whim(0.1 * mood.haste)) {
      const when = now + whim.below(20_000);
      outside.push({ at: when, act: ask({ type: 'RetryServer', at: new Date(when).toISOString(), data: { serverId: SERVER } }) });
    }
    failuresSeen = failed;
    outside.sort((a, b) => a.at - b.at);
    const [next] = outside;
    if (next && (wakeAt === null || next.at <= wakeAt)) {
      outside.shift();
      now = Math.max(now, next.at);
      const before = events.length;
      await next.act();
      if (events.length > before) wakeAt = now;
      continue;
    }
    if (wakeAt === null) break;
    now = Math.max(now, wakeAt);
    if (!chance(0.1 * trouble)) wakeAt = await advance();
    else {
      // An overtaken replica does the same step beside us; either of the two may see the last news.
      const wakes = await Promise.all([advance(), advance()]);
      wakeAt = wakes.includes(null) && wakes.every((wake) => wake === null) ? null : Math.min(...wakes.map((wake) => wake ?? now));
    }
  }
  return { state, events, cloud, steps };
};
