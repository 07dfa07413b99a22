import type { AgentId, Finding, FleetReport, JobId, ProjectId, ServerId } from '@citrus/contracts';
import { fold, NotFound, Refusal } from '@citrus/kit-domain';
import type { EventStore } from '@citrus/kit-event-store';
import { describe, expect, test } from 'vitest';
import { machine } from '../provider/provider.contract.ts';
import { onlyCloud } from '../provider/clouds.ts';
import { FLEET_TAG, nameOfAttempt, tagOfServer } from '../provider/provider.port.ts';
import { serverDecider } from '../server/server.decider.ts';
import { streamOf, type ServerEvent } from '../server/server.events.ts';
import { handleServerCommand } from '../server/server.handler.ts';
import type { ServerProcess } from '../server/server.process.ts';
import type { ServerState } from '../server/server.state.ts';
import { openMemoryLog } from '../testing/memory-log.ts';
import { SimulatedCloud } from '../testing/simulated-cloud.ts';
import { chanceOf } from '../testing/simulated-world.ts';
import { policy } from '../testing/simulated-life.ts';
import type { Servers } from './findings.ts';
import { reconcileFleet } from './fleet.reconciler.ts';
import { repair, type RepairParts } from './repairs.ts';
import { NO_REPORT, type ReportStore } from './report.store.ts';
import { factsOf } from './second-look.ts';

const serverId = '01980000-0000-7000-8000-000000000001' as ServerId;
const stranger = '01980000-0000-7000-8000-000000000002' as ServerId;
const projectId = '01980000-0000-7000-8000-00000000000a' as ProjectId;
const agentId = 'agent-of-web' as AgentId;
const spec = { name: 'web', region: 'sfo3', size: machine.size, image: 'debian', tags: [], sshKeys: [], backups: false, ipv6: true, monitoring: true };
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const origin = { actor: { kind: 'user', id: 'ada' }, correlationId: 'test', projectId } as const;
const LATE_MS = policy.settleMs + policy.createTimeoutMs;
const everybodys = () => true;

const memoryReports = (): ReportStore => {
  let kept: FleetReport = NO_REPORT;
  return { read: async () => kept, claim: async () => true, keep: async (report) => void (kept = report), giveUp: async () => undefined };
};

/** One server in a log in memory, one cloud in good weather, and the reconciler over both. */
const open = () => {
  let now = Date.parse('2026-11-21T09:00:00.000Z');
  const cloud = new SimulatedCloud({ now: () => now, pass: (ms) => void (now += ms), chance: chanceOf(1), lagMs: 0, createTimeoutMs: 1000, trouble: 0 });
  const log = openMemoryLog(() => now);
  const handle = handleServerCommand(log as unknown as EventStore);
  const stateOf = (id: ServerId): ServerState => fold(serverDecider, log.of(streamOf(id)) as unknown as ServerEvent[]);
  const at = () => new Date(now).toISOString();
  const process: ServerProcess = {
    load: async (id) => ({ state: stateOf(id), version: log.of(streamOf(id)).length, position: log.events.length }),
    execute: async (command) => handle(command, origin),
    clouds: onlyCloud('digitalocean', cloud), policy, userDataFor: async () => '', now: () => now, random: () => 0,
  };
  const facts = async (): Promise<Servers> => {
    const state = stateOf(serverId);
    return new Map(state.status === 'none' ? [] : [[serverId, factsOf(state)]]);
  };
  const parts: RepairParts = { process, facts, reports: memoryReports(), handle, wake: () => undefined, reached: async () => undefined, logger: quiet };
  const tell = (...told: { type: ServerEvent['type']; data: object }[]) =>
    log.append({ stream: streamOf(serverId), expected: 'any', events: told.map(({ type, data }) => ({ type, data: { serverId, at: at(), ...data } })), context: { commandId: 'told', ...origin } });
  /** A machine of this server, old enough to be judged. */
  const arrives = async (id: ServerId, attempt = 1): Promise<string> => {
    const made = await cloud.create({ ...machine, tags: [FLEET_TAG] }, { name: nameOfAttempt('web', id, attempt), tag: tagOfServer(id), size: machine.size });
    if (made.type !== 'accepted') throw new Error(`the cloud answered ${made.type}`);
    return made.ref;
  };
  return {
    cloud, parts, stateOf, tell, arrives, pass: (ms: number) => void (now += ms),
    types: () => log.events.map(({ type }) => type),
    requested: () => tell({ type: 'ServerRequested', data: { projectId, agentId, jobId: serverId as unknown as JobId, spec } }),
    /** The server, active with a machine of its own. */
    settled: async () => {
      const dropletRef = await arrives(serverId);
      await tell({ type: 'ServerRequested', data: { projectId, agentId, jobId: serverId as unknown as JobId, spec } }, { type: 'DropletAccepted', data: { attempt: 1, dropletRef } }, { type: 'DropletReady', data: { attempt: 1, ipAddress: '10.0.0.1' } }, { type: 'ServerActivated', data: { agentId } });
      now += LATE_MS;
      return dropletRef;
    },
    compare: async () => (await reconcileFleet(parts)).findings.map(({ id, isConfirmed }) => `${id}${isConfirmed ? '' : ' (unconfirmed)'}`),
    repair: (finding: string, typed?: string, isMine: (finding: Finding) => boolean = everybodys) => repair(parts, { finding, ...(typed !== undefined && { machineRef: typed }) }, isMine, origin),
  };
};

describe('the reconciler of the fleet', () => {
  test('finds nothing where all is well', async () => {
    const stage = open();
    await stage.settled();
    expect(await stage.compare()).toEqual([]);
  });

  test('has a machine that came too late removed, once', async () => {
    const { tell, requested, arrives, compare, types, pass } = open();
    await requested();
    await tell({ type: 'DeletionRequested', data: {} }, { type: 'ServerDeleted', data: {} });
    const ref = await arrives(serverId);
    expect(await compare(), 'too young').toEqual([]);
    pass(LATE_MS);
    expect(await compare()).toEqual([`orphan-${ref}`]);
    expect(types().at(-1)).toBe('StrayDropletFound');
    const before = types().length;
    expect(await compare(), 'it is seen to').toEqual([]);
    expect(types()).toHaveLength(before);
  });

  test('has a second machine of a server removed and leaves the first one', async () => {
    const { settled, arrives, compare, stateOf, pass } = open();
    const own = await settled();
    const twin = await arrives(serverId);
    pass(LATE_MS);
    expect(await compare()).toEqual([`duplicate-${twin}`]);
    expect(stateOf(serverId)).toMatchObject({ status: 'active', droplet: { ref: own }, unwanted: [{ ref: twin }] });
  });

  test('leaves a machine of nobody alone until somebody types its reference', async () => {
    const { arrives, compare, repair, cloud, pass } = open();
    const ref = await arrives(stranger);
    pass(LATE_MS);
    expect(await compare()).toEqual([`orphan-${ref}`]);
    expect(cloud.existing()).toHaveLength(1);
    await expect(repair(`orphan-${ref}`)).rejects.toMatchObject({ code: 'finding.ref_needed' });
    await expect(repair(`orphan-${ref}`, '1')).rejects.toMatchObject({ code: 'finding.ref_needed' });
    await expect(repair(`orphan-${ref}`, ref, ({ projectId: owner }) => owner === projectId), 'it is of no project').rejects.toBeInstanceOf(NotFound);
    expect(cloud.existing()).toHaveLength(1);
    expect((await repair(`orphan-${ref}`, ref)).done).toContain('is being destroyed');
    pass(60_000);
    expect(cloud.existing()).toEqual([]);
    await expect(repair(`orphan-${ref}`, ref), 'it is gone').rejects.toMatchObject({ code: 'finding.over' });
  });

  test('marks a server failed whose machine is gone, when somebody asks; it can be tried again', async () => {
    const { settled, cloud, compare, repair, stateOf, parts, pass } = open();
    const ref = await settled();
    await cloud.destroy(ref);
    pass(60_000);
    expect(await compare()).toEqual([`ghost-${serverId}`]);
    expect(stateOf(serverId).status, 'only reported').toBe('active');
    expect((await repair(`ghost-${serverId}`)).done).toContain('marked failed');
    expect(stateOf(serverId)).toMatchObject({ status: 'failed', step: 'active', droplet: null });
    await expect(repair(`ghost-${serverId}`)).rejects.toBeInstanceOf(Refusal);
    await parts.handle({ type: 'RetryServer', at: '2026-11-21T10:00:00.000Z', data: { serverId } }, origin);
    expect(stateOf(serverId)).toMatchObject({ status: 'creating', attempt: 2, unwanted: [] });
    expect(await compare()).toEqual([]);
  });

  test('puts tags back that a machine has lost, when somebody asks', async () => {
    const { settled, cloud, compare, repair } = open();
    await settled();
    const [machineOfWeb] = cloud.machines;
    if (!machineOfWeb) throw new Error('there is no machine');
    const tags = [...machineOfWeb.tags];
    machineOfWeb.tags = [FLEET_TAG, 'somebody-elses'];
    expect(await compare()).toEqual([`drift-tags-${serverId}`]);
    expect((await repair(`drift-tags-${serverId}`)).done).toContain(tagOfServer(serverId));
    expect(new Set(machineOfWeb.tags)).toEqual(new Set([...tags, 'somebody-elses']));
    await expect(repair(`drift-tags-${serverId}`), 'once').rejects.toMatchObject({ code: 'finding.over' });
    expect(await compare()).toEqual([]);
  });

  test('keeps when a finding was seen first', async () => {
    const { settled, cloud, compare, parts, pass } = open();
    await cloud.destroy(await settled());
    pass(60_000);
    await compare();
    const [first] = (await parts.reports.read()).findings;
    pass(600_000);
    await compare();
    expect((await parts.reports.read()).findings).toEqual([first]);
  });
});
