import { specFor } from '@citrus/kit-testing';
import { describe, test } from 'vitest';
import { userDecider, type UserCommand } from './user.decider.ts';
import type { UserEvent } from './user.events.ts';

const { given } = specFor(userDecider);
const userId = '0198c0de-0000-7000-8000-000000000001';
const projectId = '0198c0de-0000-7000-8000-000000000002';
const person = { userId, email: 'ada@example.org', name: 'Ada', sealedPassword: 'key.v1.x' };
const created: UserEvent = { type: 'UserCreated', data: person };
const granted: UserEvent = { type: 'MembershipGranted', data: { userId, projectId, role: 'owner' } };
const create: UserCommand = { type: 'CreateUser', data: person };
const grant: UserCommand = { type: 'GrantMembership', data: granted.data };

describe('a user', () => {
  test('is created', () => given().when(create).then(created));
  test('is not created twice', () => given(created).when(create).then());
  test('gets a role in a project', () => given(created).when(grant).then(granted));
  test('does not get the role that he has', () => given(created, granted).when(grant).then());
  test('gets another role instead', () => {
    const viewer = { userId, projectId, role: 'viewer' } as const;
    given(created, granted).when({ type: 'GrantMembership', data: viewer }).then({ type: 'MembershipGranted', data: viewer });
  });
  test('who does not exist gets no role', () => given().when(grant).refuses('user.unknown'));
});
