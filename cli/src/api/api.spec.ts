import { describe, expect, test } from 'vitest';
import { inProject } from './api.ts';

describe('a call', () => {
  test.each(['/api/members', '/api/servers/s1/retry', '/api/service-accounts/a/tokens', '/api/agents/trust', '/api/audit'])('%s is about the chosen project', (path) => {
    expect(inProject({ path, query: { limit: 5 } }, 'p1').query).toEqual({ limit: 5, projectId: 'p1' });
  });

  test.each(['/api/projects', '/api/auth/me', '/api/tokens', '/api/audit/installation', '/api/events'])('%s is about none', (path) => {
    expect(inProject({ path }, 'p1').query).toBeUndefined();
  });

  test('that says its project keeps it', () => {
    expect(inProject({ path: '/api/servers/join', body: { projectId: 'p2' } }, 'p1').query).toBeUndefined();
    expect(inProject({ path: '/api/servers', query: { projectId: 'p2' } }, 'p1').query).toEqual({ projectId: 'p2' });
  });

  test('of somebody who chose none is left to the hub', () => expect(inProject({ path: '/api/members' }, undefined)).toEqual({ path: '/api/members' }));
});
