import { projectionSpec, type ToldEvent } from '@citrus/kit-testing';
import { describe, test } from 'vitest';
import { administratorsProjection } from '../installation/administrator.projection.ts';
import { projectsProjection } from './project.projection.ts';

const [projectId, userId] = ['0198c0de-0000-7000-8000-00000000000a', '0198c0de-0000-7000-8000-000000000001'];
const created: ToldEvent = { type: 'ProjectCreated', data: { projectId, name: 'Shop' } };

describe('the row of a project', () => {
  const { given } = projectionSpec(projectsProjection);
  test('has its newest name', () => {
    given(created).then({ project_id: projectId, name: 'Shop', created_at: '2026-11-21T10:00:01.000Z' });
    given(created, { type: 'ProjectRenamed', data: { projectId, name: 'Market' } }).shows({ name: 'Market' });
  });
});

describe('the row of an administrator', () => {
  const { given } = projectionSpec(administratorsProjection);
  const granted: ToldEvent = { type: 'AdministratorGranted', data: { userId } };
  test('is there until it is taken back', () => {
    given(granted).then({ user_id: userId, granted_at: '2026-11-21T10:00:01.000Z' });
    given(granted, { type: 'AdministratorRevoked', data: { userId, reason: 'erased' } }).then();
  });
});
