import { expect, test } from 'vitest';
import { isNarrowed, jobsPath, NO_JOB_FILTER } from './job-filter.ts';

test('the list of jobs asks for what is wanted and nothing else, whatever is typed', () => {
  expect(jobsPath(NO_JOB_FILTER)).toBe('/api/jobs?limit=50');
  expect(jobsPath({ status: 'running', installer: 'nginx', serverId: 'one', search: ' a&limit=200#? ' })).toBe('/api/jobs?limit=50&status=running&installer=nginx&serverId=one&search=a%26limit%3D200%23%3F');
  expect([isNarrowed(NO_JOB_FILTER), isNarrowed({ ...NO_JOB_FILTER, search: '  ' }), isNarrowed({ ...NO_JOB_FILTER, search: 'a' })]).toEqual([false, false, true]);
});
