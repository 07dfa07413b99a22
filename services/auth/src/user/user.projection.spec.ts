import { projectionSpec, type ToldEvent } from '@citrus/kit-testing';
import { describe, test } from 'vitest';
import { membershipsProjection } from './membership.projection.ts';
import { usersProjection } from './user.projection.ts';

const userId = '0198c0de-0000-7000-8000-000000000001';
const projectId = '0198c0de-0000-7000-8000-000000000002';
const sealed = { email: { sealed: 'e' }, name: { sealed: 'n' }, password: { sealed: 'p' } };
const created: ToldEvent = { type: 'UserCreated', data: { userId, ...sealed } };
const granted = (role: string): ToldEvent => ({ type: 'MembershipGranted', data: { userId, projectId, role } });

describe('the row of a user', () => {
  const { given } = projectionSpec(usersProjection);
  test('keeps what is personal as it is sealed', () => given(created).then({ user_id: userId, ...sealed, created_at: '2026-11-21T10:00:01.000Z' }));
  test('has the newest password', () => given(created, { type: 'PasswordChanged', data: { userId, password: { sealed: 'q' } } }).shows({ password: { sealed: 'q' } }));
  test('has the same password, sealed anew', () => given(created, { type: 'PasswordResealed', data: { userId, password: { sealed: 'r' } } }).shows({ password: { sealed: 'r' } }));
  test('goes when the person is forgotten', () => given(created, { type: 'SubjectErased', data: { subjectId: `user-${userId}`, at: '2026-11-21T10:00:00.000Z' } }).then());
});

describe('the row of a membership', () => {
  const { given } = projectionSpec(membershipsProjection);
  test('has the newest role', () => given(granted('owner'), granted('viewer')).then({ user_id: userId, project_id: projectId, role: 'viewer' }));
  test('goes when the membership ends, and may come again', () => {
    const ended: ToldEvent = { type: 'MembershipEnded', data: { userId, projectId, reason: 'erased' } };
    given(granted('owner'), ended).then();
    given(granted('owner'), ended, granted('viewer')).shows({ role: 'viewer' });
  });
});
