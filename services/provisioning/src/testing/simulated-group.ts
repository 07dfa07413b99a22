/**
 * A group's life in a simulated world: the real decider, process manager and catalogue over a log in memory, several replicas
 * that step side by side and may be killed at every call, a read model that lags, servers that become active, fail or are
 * deleted, and people who change their minds.
 */
import { GroupChanges, GroupSpec, type EventEnvelope, type GroupId, type ProjectId, type Server, type ServerId } from '@citrus/contracts';
import { fold, NotFound, Refusal } from '@citrus/kit-domain';
import type { EventStore } from '@citrus/kit-event-store';
import { ServerCatalog } from '../catalog/server-catalog.ts';
import type { GroupCommand, Reading, Readings } from '../group/group.commands.ts';
import { groupDecider } from '../group/group.decider.ts';
import { groupStreamOf, type GroupEvent } from '../group/group.events.ts';
import { handleGroupCommand } from '../group/group.handler.ts';
import { advanceGroup, type GroupProcess } from '../group/group.process.ts';
import type { Group, GroupState } from '../group/group.state.ts';
import { streamOf, type ServerEvent } from '../server/server.events.ts';
import { serverDecider } from '../server/server.decider.ts';
import { handleServerCommand } from '../server/server.handler.ts';
import type { ServerState } from '../server/server.state.ts';
import { chanceOf, type Chance } from './simulated-world.ts';
import { openMemoryLog, type MemoryLog } from './memory-log.ts';

class Killed extends Error {}

const GROUP = '01980000-0000-7000-8000-0000000000aa' as GroupId;
const PROJECT = '01980000-0000-7000-8000-0000000000bb' as ProjectId;
const ORIGIN = { actor: { kind: 'user', id: 'ada' }, projectId: PROJECT, correlationId: 'test' } as const;
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const START = Date.parse('2026-11-21T09:00:00.000Z');

export type GroupLife = {
  readonly group: Group;
  /** All servers that were ever asked for, as their logs tell. */
  readonly servers: ReadonlyMap<string, ServerState>;
  readonly events: readonly EventEnvelope[];
  /** The most machines at any moment, beyond what `max` had allowed until then. */
  readonly beyondMax: number;
  readonly protectedIds: ReadonlySet<string>;
};

const stateIn = (log: MemoryLog, serverId: string, upTo = Number.POSITIVE_INFINITY): ServerState =>
  fold(serverDecider, log.of(streamOf(serverId)).filter(({ position }) => position <= upTo) as unknown as ServerEvent[]);
const askedFor = ({ events }: MemoryLog): string[] => events.flatMap(({ type, data }) => (type === 'ServerRequested' ? [String(data['serverId'])] : []));

/** As the read model would show it. */
const readingOf = (server: ServerState, isProtected: boolean): Reading | undefined =>
  server.status === 'none' ? undefined : { status: server.status, note: server.status === 'failed' ? server.reason : null, isProtected, isCordoned: false };

class World {
  now = START;
  readonly log: MemoryLog;
  readonly protectedIds = new Set<string>();
  readonly catalog: ServerCatalog;
  /** 0: a perfect world from now on. */
  trouble: number;
  mostAllowed = 0;
  beyondMax = 0;
  #lastId = 0;
  #measuredAt = 0;

  constructor(readonly chance: Chance, trouble: number) {
    this.trouble = trouble;
    this.log = openMemoryLog(() => this.now);
    const store = this.log as unknown as EventStore;
    this.catalog = new ServerCatalog({
      store, handle: handleServerCommand(store), projections: { reached: async () => undefined }, now: () => new Date(this.now), logger: quiet, wake: () => undefined,
      queries: { read: async (_: unknown, id: string) => ({ id }) as unknown as Server } as never, chooseCloud: async () => ({ kind: 'digitalocean' }),
      quotas: { admitted: (_, append) => append([]) },
    });
  }

  bad(probability: number): boolean {
    return this.chance(probability * this.trouble);
  }

  group(): GroupState {
    return fold(groupDecider, this.log.of(groupStreamOf(GROUP)) as unknown as GroupEvent[]);
  }

  async ask(command: GroupCommand): Promise<void> {
    try {
      await handleGroupCommand(this.log as unknown as EventStore)(command, ORIGIN);
    } catch (error) {
      if (!(error instanceof Refusal) && !(error instanceof NotFound)) throw error;
    }
    const group = this.group();
    if (group.status !== 'none') this.mostAllowed = Math.max(this.mostAllowed, group.max);
  }

  readings(serverIds: readonly ServerId[]): Readings {
    // What is shown may be older than what is in the log.
    const shownUpTo = this.log.events.length - (this.bad(0.5) ? Math.floor(this.chance.below(12)) : 0);
    return new Map(serverIds.flatMap((id) => {
      const reading = readingOf(stateIn(this.log, id, shownUpTo), this.protectedIds.has(id));
      return reading ? [[id, reading] as const] : [];
    }));
  }

  /** One replica's hands. Each call may be its last, before it has its effect or after. */
  replica(): GroupProcess {
    const risky = async <T>(effect: () => Promise<T>): Promise<T> => {
      for (let turns = this.chance.below(4); turns > 1; turns -= 1) await Promise.resolve();
      if (this.bad(0.03)) throw new Killed();
      const result = await effect();
      this.measure();
      if (this.bad(0.03)) throw new Killed();
      return result;
    };
    const handle = handleGroupCommand(this.log as unknown as EventStore);
    return {
      load: () => risky(async () => ({ state: this.group() })),
      execute: (command, { projectId }) => risky(async () => (await handle(command, { actor: { kind: 'service', id: 'provisioning' }, projectId, correlationId: GROUP })).events),
      readingsOf: (ids) => risky(async () => this.readings(ids)),
      catalog: {
        provisionAndAdd: (spec, order) => risky(async () => {
          if (this.bad(0.1)) throw new Refusal('quota.reached', 'The project has its most servers.');
          return this.catalog.provisionAndAdd(spec, order);
        }),
        requestDeletion: (id, origin) => risky(async () => {
          if (this.protectedIds.has(id)) throw new Refusal('server.protected', 'It is protected.');
          return this.catalog.requestDeletion(id, origin);
        }),
        withdraw: (jobId, origin) => risky(() => this.catalog.withdraw(jobId, origin)),
      },
      loadOf: async () => [],
      noteLoad: async () => undefined,
      lookMs: 5000,
      now: () => this.now,
      newId: () => `01980000-0000-7000-8000-${String((this.#lastId += 1)).padStart(12, '0')}` as ServerId,
    };
  }

  measure(): void {
    // Only what was asked for since can have changed it for the worse.
    if (this.log.events.length === this.#measuredAt) return;
    this.#measuredAt = this.log.events.length;
    const there = askedFor(this.log).filter((id) => stateIn(this.log, id).status !== 'deleted').length;
    this.beyondMax = Math.max(this.beyondMax, there - this.mostAllowed);
  }

  /** Replicas step side by side. */
  async step(replicas: number): Promise<void> {
    const steps = Array.from({ length: replicas }, async () => {
      try {
        await advanceGroup(this.replica(), GROUP);
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
    });
    await Promise.all(steps);
    this.now += 1000 + this.chance.below(30_000);
  }

  #tell(id: string, ...told: { type: string; data: object }[]): Promise<unknown> {
    const at = new Date(this.now).toISOString();
    return this.log.append({ stream: streamOf(id), expected: 'any', events: told.map(({ type, data }) => ({ type, data: { serverId: id, at, ...data } })), context: { commandId: id, actor: { kind: 'service', id: 'provisioning' }, correlationId: 'world' } });
  }

  /** What the clouds and people do to servers meanwhile. */
  async live(): Promise<void> {
    for (const id of askedFor(this.log)) {
      const server = stateIn(this.log, id);
      const dropletRef = `d-${id}`;
      if (server.status === 'creating' && this.chance(0.6)) {
        if (this.bad(0.25)) await this.#tell(id, { type: 'ServerFailed', data: { step: 'creating', code: 'size.unknown', reason: 'The cloud has no size named tiny.' } });
        else await this.#tell(id, { type: 'DropletAccepted', data: { attempt: 1, dropletRef } }, { type: 'DropletReady', data: { attempt: 1, ipAddress: '10.0.0.1' } });
      } else if (server.status === 'initializing' && this.chance(0.6)) {
        if (this.bad(0.15)) await this.#tell(id, { type: 'ServerFailed', data: { step: 'initializing', code: 'agent.silent', reason: 'The agent is silent.' } });
        else await this.#tell(id, { type: 'ServerActivated', data: { agentId: `agent-${id}` } });
      } else if (server.status === 'deleting' && this.chance(0.6)) {
        await this.#tell(id, this.bad(0.1) ? { type: 'ServerFailed', data: { step: 'deleting', code: 'droplet.not_gone', reason: 'It is not gone.' } } : { type: 'ServerDeleted', data: {} });
      } else if (server.status === 'active') await this.#touch(id);
    }
  }

  /** Somebody deletes it, or protects it. */
  async #touch(id: string): Promise<void> {
    if (this.bad(0.02)) await this.#tell(id, { type: 'DeletionRequested', data: {} });
    if (this.bad(0.02)) this.protectedIds.add(id);
  }

  async wish(): Promise<void> {
    const { chance } = this;
    const about = { groupId: GROUP };
    const at = new Date(this.now).toISOString();
    const number = () => Math.floor(chance.below(7));
    if (this.bad(0.25)) await this.ask({ type: 'ChangeGroup', at, data: { ...about, changes: GroupChanges.parse(chance(0.5) ? { target: number() } : { min: number(), max: number() }) } });
    if (this.bad(0.05)) await this.ask({ type: 'PauseGroup', at, data: about });
    if (this.bad(0.15)) await this.ask({ type: 'ResumeGroup', at, data: about });
    if (this.bad(0.02)) await this.ask({ type: 'DeleteGroup', at, data: { ...about, keepsServers: chance(0.5) } });
  }
}

/** @param trouble 0 is a perfect world, 1 a bad one; it ends with a while in which nothing goes wrong any more */
export const liveAsGroup = async (seed: number, trouble: number): Promise<GroupLife> => {
  const chance = chanceOf(seed);
  const world = new World(chance, trouble);
  const max = 1 + Math.floor(chance.below(6));
  const min = Math.floor(chance.below(max));
  await world.ask({ type: 'CreateGroup', at: new Date(START).toISOString(), data: { groupId: GROUP, projectId: PROJECT, spec: GroupSpec.parse({ name: 'shop', min, max }) } });
  const steps = 5 + Math.floor(chance.below(30));
  for (let step = 0; step < steps; step += 1) {
    await world.step(chance(0.4) ? 2 : 1);
    await world.live();
    await world.wish();
  }
  world.trouble = 0;
  // Long enough for every deadline; without trouble a group is at rest long before.
  for (let step = 0; step < 60; step += 1) {
    // A failure from before may be heard of only now, and be the last straw: somebody sees it and resumes the group.
    await world.ask({ type: 'ResumeGroup', at: new Date(world.now).toISOString(), data: { groupId: GROUP } });
    world.now += 60_000;
    await world.step(1);
    await world.live();
  }
  const group = world.group();
  if (group.status === 'none') throw new Error('the group was lost');
  const { events } = world.log;
  return { group, events, beyondMax: world.beyondMax, protectedIds: world.protectedIds, servers: new Map(askedFor(world.log).map((id) => [id, stateIn(world.log, id)])) };
};
