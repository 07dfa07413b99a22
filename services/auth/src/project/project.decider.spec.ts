import { specFor } from '@citrus/kit-testing';
import { describe, test } from 'vitest';
import { projectDecider, type ProjectCreated } from './project.decider.ts';

const { given } = specFor(projectDecider);
const data = { projectId: '0198c0de-0000-7000-8000-000000000002', name: 'Shop' };
const created: ProjectCreated = { type: 'ProjectCreated', data };

describe('a project', () => {
  test('is made once', () => {
    given().when({ type: 'CreateProject', data }).then(created);
    given(created).when({ type: 'CreateProject', data }).then();
  });
});
