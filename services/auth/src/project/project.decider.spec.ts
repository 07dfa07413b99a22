import { specFor } from '@citrus/kit-testing';
import { describe, test } from 'vitest';
import { projectDecider } from './project.decider.ts';
import type { ProjectEvent } from './project.events.ts';

const { given } = specFor(projectDecider);
const data = { projectId: '0198c0de-0000-7000-8000-000000000002', name: 'Shop' };
const created: ProjectEvent = { type: 'ProjectCreated', data };
const membership = { projectId: data.projectId, userId: '0198c0de-0000-7000-8000-000000000001', reason: 'erased' } as const;
const ended: ProjectEvent = { type: 'MembershipEnded', data: membership };

describe('a project', () => {
  test('is made once', () => {
    given().when({ type: 'CreateProject', data }).then(created);
    given(created).when({ type: 'CreateProject', data }).then();
  });

  test('loses a member who is forgotten, once', () => {
    given(created).when({ type: 'EndMembership', data: membership }).then(ended);
    given(created, ended).when({ type: 'EndMembership', data: membership }).then();
  });
});
