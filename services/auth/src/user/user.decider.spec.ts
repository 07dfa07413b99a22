import { specFor } from '@citrus/kit-testing';
import { describe, test } from 'vitest';
import { userDecider, type UserCommand } from './user.decider.ts';
import type { UserEvent } from './user.events.ts';

const { given } = specFor(userDecider, { again: { ChangePassword: 'gives PasswordChanged', TakeRole: 'gives RoleTaken', BeginRecovery: 'gives RecoveryBegun', FinishRecovery: 'refuses recovery.used' } });
const userId = '0198c0de-0000-7000-8000-000000000001';
const projectId = '0198c0de-0000-7000-8000-000000000002';
const at = '2026-11-21T10:00:00.000Z';
const person = { userId, email: { sealed: 'key.v1.e' }, name: { sealed: 'key.v1.n' }, password: { sealed: 'key.v1.p' } };
const created: UserEvent = { type: 'UserCreated', data: person };
/** As an older release wrote it. */
const granted: UserEvent = { type: 'MembershipGranted', data: { userId, projectId, role: 'owner' } };
const erased: UserEvent = { type: 'SubjectErased', data: { subjectId: `user-${userId}`, at } };
const taken: UserEvent = { type: 'RoleTaken', data: { userId, projectId } };
const create: UserCommand = { type: 'CreateUser', data: person };
const take: UserCommand = { type: 'TakeRole', data: taken.data };
const erase = (over: Partial<Extract<UserCommand, { type: 'EraseUser' }>['data']> = {}): UserCommand => ({ type: 'EraseUser', data: { userId, ownerless: [], isLastAdministrator: false, ...over }, at });

describe('a user', () => {
  test('is created', () => given().when(create).then(created));
  test('is not created twice', () => given(created).when(create).then());
  test('takes a role, each time', () => given(created, granted, taken).when(take).then(taken));
  test('who does not exist takes no role', () => given().when(take).refuses('user.unknown'));
});

describe('a user’s password', () => {
  const changed: UserEvent = { type: 'PasswordChanged', data: { userId, password: { sealed: 'key.v1.q' } } };
  const change: UserCommand = { type: 'ChangePassword', data: changed.data };
  test('is changed, and the roles stay', () => {
    given(created, granted).when(change).then(changed);
    given(created, granted, changed).when(take).then(taken);
  });
  test('of nobody, or of who was forgotten, is not changed', () => {
    given().when(change).refuses('user.unknown');
    given(created, erased).when(change).refuses('user.unknown');
  });
});

describe('forgetting a user', () => {
  test('is a fact', () => given(created, granted).when(erase()).then(erased));
  test('happens once', () => given(created, granted, erased).when(erase()).then());
  test('is refused for the last owner of a project', () => given(created, granted).when(erase({ ownerless: [projectId] })).refuses('user.last_owner'));
  test('is refused for the last administrator', () => given(created).when(erase({ isLastAdministrator: true })).refuses('user.last_administrator'));
  test('is final: there is no new role and no new start', () => {
    given(created, erased).when(take).refuses('user.unknown');
    given(created, erased).when(create).then();
  });
  test('is refused for nobody', () => given().when(erase()).refuses('user.unknown'));
});

describe('the recovery of an account', () => {
  const begun = (tokenHash = 'h1', expiresAt = '2026-11-21T11:00:00.000Z'): UserEvent => ({ type: 'RecoveryBegun', data: { userId, tokenHash, expiresAt } });
  const changed: UserEvent = { type: 'PasswordChanged', data: { userId, password: { sealed: 'key.v1.q' } } };
  const finished: UserEvent = { type: 'RecoveryFinished', data: { userId, at } };
  const begin: UserCommand = { type: 'BeginRecovery', data: { userId, tokenHash: 'h1', expiresAt: '2026-11-21T11:00:00.000Z' } };
  const finish = (tokenHash = 'h1'): UserCommand => ({ type: 'FinishRecovery', data: { ...changed.data, tokenHash }, at });
  test('is begun as often as somebody asks, for people who are there', () => {
    given(created).when(begin).then(begun());
    given(created, begun('h0')).when(begin).then(begun());
    given().when(begin).refuses('user.unknown');
    given(created, erased).when(begin).refuses('user.unknown');
  });
  test('is finished once, with the newest token, in time', () => {
    given(created, begun()).when(finish()).then(finished, changed);
    given(created, begun(), finished, changed).when(finish()).refuses('recovery.used');
    given(created, begun(), begun('h2')).when(finish()).refuses('recovery.unknown');
    given(created, begun(), finished, changed, begun('h2')).when(finish('h2')).then(finished, changed);
    given(created, begun('h1', at)).when(finish()).refuses('recovery.expired');
  });
  test('has no link that outlives another password, or the person', () => {
    given(created, begun(), changed).when(finish()).refuses('recovery.unknown');
    given(created, begun(), erased).when(finish()).refuses('recovery.unknown');
    given(created).when(finish()).refuses('recovery.unknown');
  });
});
