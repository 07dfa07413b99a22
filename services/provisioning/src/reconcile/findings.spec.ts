import { assert, constantFrom, integer, property, record, array, boolean, option } from 'fast-check';
import type { CloudId, ProjectId, ServerId, ServerStatus } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';
import { FLEET_TAG, nameOfAttempt, tagOfServer, type Instance } from '../provider/provider.port.ts';
import { findSuspicions, type ListedCloud, type ServerFacts, type Servers } from './findings.ts';

const now = Date.parse('2026-11-21T09:00:00.000Z');
const youngMs = 90_000;
const window = { now, youngMs };
const projectId = '01980000-0000-7000-8000-00000000000a' as ProjectId;
const idOf = (n: number) => `01980000-0000-7000-8000-${String(n).padStart(12, '0')}` as ServerId;
const OTHER_CLOUD = '01980000-0000-7000-8000-0000000000cc' as CloudId;

const server = (n: number, more: Partial<ServerFacts> = {}): ServerFacts => ({
  serverId: idOf(n), projectId, name: `web-${n}`, status: 'active', hasJoined: false, cloudId: null, machineRef: `${n}`, size: 's-1', tags: ['shop'], power: 'on', isActedOn: false, updatedAt: 'then', ...more,
});
const machine = (ref: string, of: number | undefined, more: Partial<Instance> = {}): Instance => ({
  ref, name: of === undefined ? 'stranger' : nameOfAttempt(`web-${of}`, idOf(of), 1), tags: [FLEET_TAG, ...(of === undefined ? [] : [tagOfServer(idOf(of))]), 'shop'],
  phase: 'running', size: 's-1', region: 'sfo3', image: 'debian', createdAt: new Date(now - youngMs - 1).toISOString(), ...more,
});
const known = (...servers: ServerFacts[]): Servers => new Map(servers.map((one) => [one.serverId, one]));
const cloud = (machines: Instance[], more: Partial<ListedCloud> = {}): ListedCloud => ({ cloudId: null, machines, isWhole: true, ...more });
const found = (servers: Servers, machines: Instance[], more: Partial<ListedCloud> = {}, after = servers) => findSuspicions(servers, [cloud(machines, more)], after, window).map(({ id, repair }) => `${id} ${repair ?? 'by hand'}`);

describe('the fleet, compared with the log', () => {
  test('is as it should be', () => expect(found(known(server(1), server(2, { hasJoined: true, machineRef: null })), [machine('1', 1)])).toEqual([]));
  test('has a machine of nobody', () => expect(found(known(), [machine('7', 3)])).toEqual(['orphan-7 destroy']));
  test('has a machine without a server’s tag', () => expect(found(known(), [machine('7', undefined)])).toEqual(['orphan-7 destroy']));
  test('has a machine of a deleted server', () => expect(found(known(server(1, { status: 'deleted', machineRef: null })), [machine('1', 1)])).toEqual(['orphan-1 remove']));
  test('has two machines of a server', () => expect(found(known(server(1)), [machine('1', 1), machine('9', 1)])).toEqual(['duplicate-9 remove']));
  test('lacks the machine of a server', () => expect(found(known(server(1)), [])).toEqual([`ghost-${idOf(1)} mark-failed`]));
  test.each<[Partial<Instance>, string]>([
    [{ size: 's-2' }, 'drift-size'], [{ tags: [FLEET_TAG, tagOfServer(idOf(1))] }, 'drift-tags'], [{ phase: 'stopped' }, 'drift-power'], [{ name: 'renamed' }, 'drift-name'],
  ])('has a machine that is another than it should be: %j', (more, id) => expect(found(known(server(1)), [machine('1', 1, more)]).map((text) => text.split(`-${idOf(1)}`)[0])).toEqual([id]));
  test('is not judged where the cloud does not tell, or something is being done', () => {
    expect(found(known(server(1)), [machine('1', 1, { size: '', phase: 'unknown' })])).toEqual([]);
    expect(found(known(server(1, { isActedOn: true })), [machine('1', 1, { size: 's-2' })])).toEqual([]);
  });
  test('misses nobody in a listing that is not whole, or of a cloud that was not listed', () => {
    expect(found(known(server(1)), [], { isWhole: false })).toEqual([]);
    expect(found(known(server(1)), [], { cloudId: OTHER_CLOUD })).toEqual([]);
  });
  test('is not judged by what happened during the listing', () => {
    expect(found(known(), [machine('1', 1)], {}, known(server(1))), 'made meanwhile').toEqual([]);
    expect(found(known(server(1)), [], {}, known(server(1, { status: 'deleting' }))), 'deleted meanwhile').toEqual([]);
    expect(found(known(server(1)), [machine('1', 1, { size: 's-2' })], {}, known(server(1, { updatedAt: 'now' }))), 'resized meanwhile').toEqual([]);
  });
  test('takes an id for a machine of its own cloud only', () =>
    expect(found(known(server(1)), [machine('1', undefined)], { cloudId: OTHER_CLOUD })).toEqual([`orphan-1-at-${OTHER_CLOUD} destroy`]));
});

const STATUSES: ServerStatus[] = ['creating', 'provisioning', 'initializing', 'active', 'failed', 'deleting', 'deleted'];
const anyServer = record({ n: integer({ min: 1, max: 6 }), status: constantFrom(...STATUSES), ref: option(integer({ min: 1, max: 9 }), { nil: null }), cloudId: constantFrom(null, OTHER_CLOUD), isActedOn: boolean() })
  .map(({ n, status, ref, cloudId, isActedOn }) => server(n, { status, cloudId, isActedOn, machineRef: ref === null ? null : String(ref) }));
const anyMachine = record({ ref: integer({ min: 1, max: 9 }), of: option(integer({ min: 1, max: 8 }), { nil: undefined }), ageMs: integer({ min: 0, max: 3 * youngMs }), size: constantFrom('s-1', 's-2', ''), hasTags: boolean() })
  .map(({ ref, of, ageMs, size, hasTags }) => machine(String(ref), of, { size, createdAt: new Date(now - ageMs).toISOString(), ...(!hasTags && { tags: [FLEET_TAG] }) }));
const anyCloud = record({ machines: array(anyMachine, { maxLength: 8 }), cloudId: constantFrom(null, OTHER_CLOUD), isWhole: boolean() });

test('whatever the clouds and the log show, nothing is to be destroyed that is a server’s own or younger than the settle window', () => {
  const anyServers = array(anyServer, { maxLength: 6 }).map((servers) => known(...servers));
  assert(property(anyServers, array(anyCloud, { maxLength: 2 }), anyServers, (before, clouds, after) => {
    const findings = findSuspicions(before, clouds, after, window);
    for (const finding of findings) {
      const { repair, machineRef, cloudId, kind, serverId } = finding;
      const check = (isTrue: boolean, what: string): void => {
        if (!isTrue) throw new Error(`${what}: ${JSON.stringify(finding)}`);
      };
      if (kind === 'ghost') check(clouds.some((one) => one.cloudId === cloudId && one.isWhole), 'missed in no whole listing');
      if (repair !== 'destroy' && repair !== 'remove') continue;
      check(![...after.values()].some((one) => one.machineRef === machineRef && one.cloudId === cloudId && one.status !== 'deleted'), 'a server’s own');
      const shown = clouds.filter((one) => one.cloudId === cloudId).flatMap(({ machines }) => machines).filter(({ ref }) => ref === machineRef);
      check(shown.some(({ createdAt }) => now >= Date.parse(createdAt) + youngMs), 'too young');
      // What is removed without being asked is of a server that is in the log; what people may destroy is of none.
      if (repair === 'remove') check(serverId !== null && after.has(serverId) && shown.some(({ tags }) => tags.includes(tagOfServer(serverId))), 'of no server of ours');
      else check(serverId === null, 'of a server of ours');
    }
  }), { numRuns: 10_000, interruptAfterTimeLimit: 10_000 });
});
