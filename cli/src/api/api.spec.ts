import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { CliFailure, EXIT } from '../failure.ts';
import { apiOf, inProject } from './api.ts';

describe('a call', () => {
  test.each(['/api/members', '/api/servers/s1/retry', '/api/clouds/c1/token', '/api/service-accounts/a/tokens', '/api/agents/trust', '/api/audit'])('%s is about the chosen project', (path) => {
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

  test('that needs a young sign-in begins one where the password is at hand, and says so where it is not', async () => {
    const tooOld = () => new CliFailure('You signed in too long ago.', { exit: EXIT.failed, code: 'session.not_recent', advice: '' });
    const asked: (string | undefined)[] = [];
    const json = async ({ headers }: { headers?: Record<string, string> }) => {
      asked.push(headers?.['authorization']);
      if (headers?.['authorization'] === 'Bearer old') throw tooOld();
      return { ok: true };
    };
    const http = { url: 'http://citrus.test', json, send: json } as never;
    const session = { url: 'http://citrus.test', email: 'a@example.com', accessToken: async () => 'old' };
    const call = { method: 'POST', path: '/api/tokens' } as const;
    expect(await apiOf({ ...session, begunAnew: async () => 'young' }, http).json(call, z.unknown())).toEqual({ ok: true });
    expect(asked).toEqual(['Bearer old', 'Bearer young']);
    await expect(apiOf(session, http).json(call, z.unknown())).rejects.toMatchObject({ code: 'session.not_recent' });
  });
});
