import { GroupChanges, GroupSpec, type GroupId, type JobId, type ProjectId, type ServerId } from '@citrus/contracts';
import { specFor } from '@citrus/kit-testing';
import { describe, expect, test } from 'vitest';
import { dutiesOf, MOST_FAILURES } from './converge.ts';
import type { GroupCommand, Reading } from './group.commands.ts';
import { groupDecider } from './group.decider.ts';
import type { GroupEvent } from './group.events.ts';
import type { Group } from './group.state.ts';

const { given } = specFor(groupDecider);
const at = '2026-11-21T09:00:00.000Z';
const groupId = '01980000-0000-7000-8000-0000000000aa' as GroupId;
const projectId = '01980000-0000-7000-8000-0000000000bb' as ProjectId;
const about = { groupId, at };
const idOf = (n: number) => `01980000-0000-7000-8000-${String(n).padStart(12, '0')}` as ServerId;

const create = (spec: object = {}): GroupCommand => ({ type: 'CreateGroup', at, data: { groupId, projectId, spec: GroupSpec.parse({ name: 'shop', min: 1, max: 4, target: 2, ...spec }) } });
const { template } = GroupSpec.parse({ name: 'shop' });
const created: GroupEvent = { type: 'GroupCreated', data: { ...about, projectId, name: 'shop', template, min: 1, max: 4, target: 2, policy: null } };
const requested = (n: number): GroupEvent => ({ type: 'MemberRequested', data: { ...about, serverId: idOf(n), jobId: idOf(n) as unknown as JobId, ordinal: n } });
const joined = (n: number): GroupEvent => ({ type: 'MemberJoined', data: { ...about, serverId: idOf(n) } });
const failed = (n: number): GroupEvent => ({ type: 'MemberFailed', data: { ...about, serverId: idOf(n), reason: 'No such size.' } });
const released = (n: number, why: 'scale-in' | 'failed' | 'group-deleted' = 'scale-in'): GroupEvent => ({ type: 'MemberReleased', data: { ...about, serverId: idOf(n), why } });
const left = (n: number, as: 'removed' | 'ordinary-server' = 'removed'): GroupEvent => ({ type: 'MemberLeft', data: { ...about, serverId: idOf(n), as } });
const change = (changes: object): GroupCommand => ({ type: 'ChangeGroup', at, data: { groupId, changes: GroupChanges.parse(changes) } });
const ask = (type: 'PauseGroup' | 'ResumeGroup'): GroupCommand => ({ type, at, data: { groupId } });
const changed = (changes: object): GroupEvent => ({ type: 'GroupChanged', data: { ...about, ...changes } });

const shown = (status: Reading['status'], more: Partial<Reading> = {}): Reading => ({ status, note: null, isProtected: false, isCordoned: false, ...more });
const look = (readings: Record<number, Reading> = {}): GroupCommand => ({
  type: 'Converge', at, data: { groupId, newIds: [7, 8, 9].map(idOf), readings: new Map(Object.entries(readings).map(([n, reading]) => [idOf(Number(n)), reading])) },
});
/** As if its servers had been asked for under the ids that a look brings. */
const asked = (n: number, ordinal: number): GroupEvent => ({ type: 'MemberRequested', data: { ...about, serverId: idOf(n), jobId: idOf(n) as unknown as JobId, ordinal } });
const two = [created, requested(1), joined(1), requested(2), joined(2)];
const active = { 1: shown('active'), 2: shown('active') };

describe('people', () => {
  test('make a group once', () => given().when(create()).then(created));
  test('may leave the target out', () => given().when(create({ target: undefined, min: 3 })).then({ ...created, data: { ...created.data, min: 3, target: 3 } }));
  test.each([
    [create({ min: 5 }), 'group.bounds'], [create({ target: 0 }), 'group.target'], [create({ target: 5 }), 'group.target'], [create({ template: { tags: ['citrus-srv:x'] } }), 'tag.reserved'],
  ])('are told what cannot be', (command, code) => given().when(command).refuses(code));
  test('cannot use one id for two groups', () => given(created).when(create({ name: 'other' })).refuses('idempotency.reused'));
  test('change what they name', () => given(created).when(change({ target: 3 })).then(changed({ target: 3 })));
  test('take the target along with the bounds', () => given(created).when(change({ min: 3 })).then(changed({ min: 3, target: 3 })));
  test('change nothing with what is so already', () => given(created).when(change({ target: 2, name: 'shop' })).then());
  test.each([[{ target: 9 }, 'group.target'], [{ min: 9 }, 'group.bounds'], [{ max: 0 }, 'group.bounds']])('cannot change it to %o', (changes, code) => given(created).when(change(changes)).refuses(code));
  test('cannot change one that is being deleted', () => given(created, { type: 'GroupDeletionRequested', data: { ...about, keepsServers: false } }).when(change({ target: 3 })).refuses('group.deleted'));
  test('pause it and resume it', () => {
    given(created).when(ask('PauseGroup')).then({ type: 'GroupPaused', data: about });
    given(created, { type: 'GroupPaused', data: about }).when(ask('ResumeGroup')).then({ type: 'GroupResumed', data: about });
    given(created).when(ask('ResumeGroup')).then();
  });
});

describe('a look at the catalogue', () => {
  test('asks for what is missing, each under an id of its own', () => given(created).when(look()).then(asked(7, 1), asked(8, 2)));
  test('asks for no more while those are on their way', () => given(created, requested(1), requested(2)).when(look()).then());
  test('notes who has joined and who has failed; the failed one makes room', () =>
    given(created, requested(1), requested(2)).when(look({ 1: shown('active'), 2: shown('failed', { note: 'No such size.' }) })).then(joined(1), failed(2), released(2, 'failed'), asked(7, 3)));
  test('asks for nobody beyond the most, not even while one is being deleted', () =>
    given(...two, changed({ max: 2 }), released(2)).when(look({ 1: shown('active'), 2: shown('deleting') })).then());
  test('replaces one that somebody deleted, once it is gone', () => given(...two).when(look({ 1: shown('active'), 2: shown('deleted') })).then(left(2), asked(7, 3)));
  test('lets the newest go first', () => given(...two, changed({ target: 1 })).when(look(active)).then(released(2)));
  test('lets one that is cordoned go before, and one that does not work yet', () => {
    given(...two, changed({ target: 1 })).when(look({ ...active, 1: shown('active', { isCordoned: true }) })).then(released(1));
    given(created, requested(1), requested(2), joined(2), changed({ target: 1 })).when(look({ 1: shown('initializing'), 2: shown('active') })).then(released(1));
  });
  test('never lets a protected one go', () => {
    given(...two, changed({ target: 1 })).when(look({ ...active, 2: shown('active', { isProtected: true }) })).then(released(1));
    given(...two, changed({ min: 0, target: 0 })).when(look({ 1: shown('active', { isProtected: true }), 2: shown('active', { isProtected: true }) })).then();
  });
  test('does nothing while the group is paused, but sees what happened', () =>
    given(created, requested(1), { type: 'GroupPaused', data: about }).when(look({ 1: shown('active') })).then(joined(1)));
  test('gives up after so many failures, leaves the last one to look at, and tries again when somebody resumes', () => {
    const failures = [1, 2].flatMap((n) => [requested(n), failed(n), released(n, 'failed'), left(n)]);
    const reason = `${MOST_FAILURES} servers have failed one after the other. The last one: No such size.`;
    const stalled: GroupEvent = { type: 'GroupStalled', data: { ...about, reason } };
    const last = { 3: shown('failed', { note: 'No such size.' }) };
    given(created, ...failures, requested(3)).when(look(last)).then(failed(3), stalled);
  });
  test('asks for nobody once it has given up', () =>
    given(created, requested(3), failed(3), { type: 'GroupStalled', data: { ...about, reason: 'No.' } }).when(look({ 3: shown('failed') })).then());
  test('of a group that ends lets all go, and it ends with the last', () => {
    const ends: GroupEvent = { type: 'GroupDeletionRequested', data: { ...about, keepsServers: false } };
    given(...two, ends).when(look(active)).then(released(1, 'group-deleted'), released(2, 'group-deleted'));
    given(...two, ends, released(1), released(2), left(1)).when(look({ 2: shown('deleted') })).then(left(2), { type: 'GroupDeleted', data: about });
  });
  test('of a group that ends leaves servers that are to stay, and protected ones', () => {
    const keeps = (keepsServers: boolean): GroupEvent => ({ type: 'GroupDeletionRequested', data: { ...about, keepsServers } });
    given(...two, requested(3), keeps(true)).when(look(active)).then(left(1, 'ordinary-server'), left(2, 'ordinary-server'), released(3, 'group-deleted'));
    given(...two, keeps(false)).when(look({ ...active, 1: shown('active', { isProtected: true }) })).then(left(1, 'ordinary-server'), released(2, 'group-deleted'));
  });
});

describe('what is left to do', () => {
  const dutiesAfter = (readings: Record<number, Reading>, now = Date.parse(at), ...past: GroupEvent[]) =>
    dutiesOf(given(...past).state() as Group, new Map(Object.entries(readings).map(([n, reading]) => [idOf(Number(n)), reading])), now).map((duty) => `${duty.do} ${duty.member.ordinal}`);
  test('follows from the log', () => {
    expect(dutiesAfter({ 1: shown('active') }, 0, created, requested(1), requested(2))).toEqual(['provision 2']);
    expect(dutiesAfter({ 1: shown('active'), 3: shown('deleting') }, 0, created, requested(1), requested(2), requested(3), released(1), released(2), released(3))).toEqual(['delete 1', 'withdraw 2']);
  });
  test('waits where the catalogue has said no', () => {
    const refused: GroupEvent = { type: 'MemberRefused', data: { ...about, serverId: idOf(1), code: 'quota.reached', reason: 'Full.', retryAt: '2026-11-21T09:01:00.000Z' } };
    expect(dutiesAfter({}, Date.parse(at), created, requested(1), refused)).toEqual([]);
    expect(dutiesAfter({}, Date.parse('2026-11-21T09:01:00.000Z'), created, requested(1), refused)).toEqual(['provision 1']);
  });
});
