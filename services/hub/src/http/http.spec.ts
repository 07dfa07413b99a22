import { ProjectId } from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';
import { somebody } from '@citrus/kit-testing';
import { Controller, Get } from '@nestjs/common';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { CONTROLLERS } from '../app.module.ts';
import { cookiesFor } from './cookies.ts';
import { projectOf } from './gate.ts';
import { refuseForeignOrigin } from './origin.ts';
import { failureOf, problemJson } from './problem.ts';
import { createRateLimit, take, TooManyRequests } from './rate-limit.ts';
import { routesOf } from './every-route-has-a-rule.ts';
import { generalLimits } from './general-limits.ts';
import { isDeeperThan } from './json-depth.ts';
import { inputOf } from './input.ts';
import { uuidOf } from './visit.ts';

const [P1, P2] = [ProjectId.parse('11111111-1111-4111-8111-111111111111'), ProjectId.parse('22222222-2222-4222-8222-222222222222')];
const callerOf = (...projects: string[]) => somebody({ memberships: projects.map((projectId) => ({ projectId, role: 'viewer' as const })) });

describe('the table of rules', () => {
  test('T612. has every route, and these are open', () => {
    const open = routesOf(CONTROLLERS).filter(({ rule }) => rule.by === 'anyone').map(({ method, path }) => `${method} ${path}`);
    expect(open.toSorted()).toEqual([
      'GET /*', 'GET /.well-known/jwks.json', 'GET /api/agents/install.sh', 'GET /api/artifacts/:digest', 'GET /api/auth/oidc', 'GET /api/auth/oidc/callback', 'GET /api/auth/oidc/start', 'GET /api/health', 'GET /api/openapi.json',
      'POST /api/agents/enrol', 'POST /api/agents/renew', 'POST /api/auth/login', 'POST /api/auth/logout', 'POST /api/auth/refresh',
      'POST /api/claim', 'POST /api/invitations/accept', 'POST /api/invitations/read', 'POST /api/recovery',
    ]);
  });

  test('T510. stops the process for a route that was forgotten', () => {
    @Controller()
    class Forgetful {
      @Get('/api/secrets')
      secrets() {
        return [];
      }
    }
    expect(() => routesOf([Forgetful])).toThrow(/no access rule.*Forgetful\.secrets/);
  });
});

describe('the project of a call', () => {
  test('is the only one of the caller, or the one that is named', () => {
    expect(projectOf(callerOf(P1), { body: undefined, query: {} })).toBe(P1);
    expect(projectOf(callerOf(P1, P2), { body: { projectId: P2 }, query: {} })).toBe(P2);
    expect(projectOf(callerOf(P1, P2), { body: undefined, query: { projectId: P2 } })).toBe(P2);
    expect(() => projectOf(callerOf(P1, P2), { body: undefined, query: {} })).toThrow('Say which project');
    expect(() => projectOf(callerOf(P1), { body: undefined, query: { projectId: 'x' } })).toThrow('Say which project');
    expect(() => projectOf(callerOf(), { body: undefined, query: {} })).toThrow('not a member of any');
  });
});

describe('cookies', () => {
  const tokens = { accessToken: 'a.b.c', refreshToken: 'r', expiresInSeconds: 900 };
  test('T605. are tied to the host over https', () => {
    const [access, refresh] = cookiesFor('https://citrus.test').signedIn(tokens);
    expect(access).toBe('__Host-citrus=a.b.c; Path=/; HttpOnly; SameSite=Strict; Max-Age=900; Secure');
    expect(refresh).toMatch(/^__Host-citrus-refresh=r; .*; Secure$/);
  });

  test('name a browser, and bind a sign-in at a provider to it for a while', () => {
    const cookies = cookiesFor('https://citrus.test');
    const device = 'd'.repeat(43);
    expect(cookies.device(device)).toBe(`__Host-citrus-device=${device}; Path=/; HttpOnly; SameSite=Strict; Max-Age=34560000; Secure`);
    expect(cookies.deviceOf(`__Host-citrus-device=${device}`)).toBe(device);
    expect(cookies.deviceOf('__Host-citrus-device=made up by somebody')).toBeUndefined();
    expect(cookies.begun('s', 600)).toBe('__Host-citrus-begun=s; Path=/; HttpOnly; SameSite=Lax; Max-Age=600; Secure');
    expect(cookies.begunOf('x=1; __Host-citrus-begun=s')).toBe('s');
  });

  test('are found among others', () => {
    const cookies = cookiesFor('http://localhost:8080');
    expect(cookies.accessTokenOf('x=1; citrus=a.b.c; citrus-refresh=r')).toBe('a.b.c');
    expect(cookies.refreshTokenOf('x=1; citrus=a.b.c; citrus-refresh=r')).toBe('r');
    expect(cookies.accessTokenOf('xcitrus=1')).toBeUndefined();
    expect(cookies.accessTokenOf(undefined)).toBeUndefined();
    expect(cookies.accessTokenOf('citrus=%zz')).toBeUndefined();
  });
});

describe('a change from the browser', () => {
  const sent = { method: 'POST', origin: 'https://citrus.test', host: 'citrus.test', isByCookie: true };
  const check = (over: Partial<typeof sent | { origin: undefined }>) => () => refuseForeignOrigin({ ...sent, ...over }, 'https://citrus.test');
  test('T605. comes from our own pages', () => {
    expect(check({})).not.toThrow();
    expect(check({ origin: 'https://evil.test' })).toThrow('not ours');
    expect(check({ origin: 'null' })).toThrow('not ours');
    expect(check({ origin: undefined })).toThrow('not ours');
    expect(check({ method: 'GET', origin: 'https://evil.test' })).not.toThrow();
    expect(check({ origin: undefined, isByCookie: false })).not.toThrow();
  });
});

describe('a rate limit', () => {
  test('lets a burst through and then one by one', () => {
    const rate = { burst: 2, perSecond: 1 };
    const first = take(undefined, 0, rate);
    const second = take(first, 0, rate);
    expect(second?.tokens).toBe(0);
    expect(take(second, 500, rate)).toBeUndefined();
    expect(take(second, 1000, rate)?.tokens).toBe(0);
    expect(take(second, 60_000, rate)?.tokens).toBe(1);
  });

  test('is kept by address', () => {
    const limit = createRateLimit({ burst: 1, perSecond: 1 }, { now: () => 0 });
    limit('one');
    expect(() => limit('one')).toThrow(TooManyRequests);
    expect(() => limit('two')).not.toThrow();
  });

  test('may count only what turned out to be wrong', () => {
    const limit = createRateLimit({ burst: 1, perSecond: 1 }, { now: () => 0 });
    for (let n = 0; n < 3; n += 1) limit.check('one');
    limit.take('one');
    limit.take('one');
    expect(() => limit.check('one')).toThrow(TooManyRequests);
  });
});

describe('a failure', () => {
  test('says what happened, with a status of its kind', () => {
    expect(failureOf(new Refusal('a.b', 'no')).status).toBe(409);
    expect(failureOf(new Refusal('a.b', 'no', [{ path: 'x', message: 'y' }])).status).toBe(422);
    expect(failureOf(new TooManyRequests(1000)).status).toBe(429);
    expect(failureOf(Object.assign(new Error('x'), { statusCode: 413 })).problem.message).toContain('512 KiB');
    expect(problemJson(failureOf(new Refusal('a.b', 'no')), 'c')).toEqual({ type: 'urn:citrus:problem:a.b', title: 'Conflict', status: 409, code: 'a.b', detail: 'no', correlationId: 'c' });
    expect(JSON.stringify(problemJson(failureOf(new Error('secret')), 'c'))).not.toContain('secret');
  });
});

describe('an id made from a key', () => {
  test('is a uuid, the same for the same key', () => {
    expect(uuidOf('x')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuidOf('x')).toBe(uuidOf('x'));
    expect(uuidOf('x')).not.toBe(uuidOf('y'));
  });
});

describe('the depth of a body', () => {
  const depthOf = (value: unknown): number => (typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0);

  test('is that of what it says, whatever its strings hold', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(8), (value, most) => {
      expect(isDeeperThan(JSON.stringify(value), most)).toBe(depthOf(value) > most);
    }));
    expect(isDeeperThan('['.repeat(100_000), 64)).toBe(true);
    expect(isDeeperThan('"'.repeat(100_001), 64)).toBe(false);
  });
});

describe('the brakes on everything', () => {
  test('stop one person and leave another alone, and an address has five times as much', () => {
    // Nothing comes back while it is asked.
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const limits = generalLimits(10);
    const tries = (go: () => void, times: number) => Array.from({ length: times }, () => {
      try {
        return (go(), 1);
      } catch (error) {
        expect(error).toMatchObject({ name: 'TooManyRequests' });
        return 0;
      }
    }).reduce<number>((sum, one) => sum + one, 0);
    expect(tries(() => limits.byPerson('one'), 300)).toBe(100);
    expect(tries(() => limits.byPerson('other'), 50)).toBe(50);
    expect(tries(() => limits.byAddress('10.0.0.1'), 400)).toBe(400);
    expect(tries(() => limits.byAddress('10.0.0.1'), 400)).toBe(100);
    expect(tries(() => limits.byAddress('2001:db8::1'), 50)).toBe(50);
  });
});

describe('what is asked of a list', () => {
  const listOf = (path: string) => {
    const route = routesOf(CONTROLLERS).find((one) => one.method === 'GET' && one.path === path);
    if (!route) throw new Error(path);
    return (query: object) => inputOf(route, { params: {}, query, body: undefined });
  };
  const lists = routesOf(CONTROLLERS).filter(({ method, reply }) => method === 'GET' && reply !== undefined && 'shape' in reply && 'nextCursor' in (reply.shape as object));

  test('is what it has, and who asks for something else is told what there is', () => {
    expect(() => listOf('/api/servers')({ status: 'active', projectId: P1 })).not.toThrow();
    expect(() => listOf('/api/servers')({ stauts: 'active' })).toThrow(/stauts is nothing that can be asked for here; there are .*sort, status/);
    expect(() => listOf('/api/servers')({ sort: 'password_hash' })).toThrow(/sort: must be one of name, createdAt, -name, -createdAt/);
    expect(() => listOf('/api/servers')({ 'sort[$ne]': 'name' })).toThrow(/nothing that can be asked for/);
    expect(() => listOf('/api/servers')({ sort: ['name', '-name'] })).toThrow(/must be one of/);
  });

  test('has the same shape everywhere: at most so many, from a cursor on', () => {
    expect(lists.length).toBeGreaterThan(10);
    // The catalogue is told whole, and so are its sources: they are what operators put there.
    for (const { path, query } of lists.filter(({ path }) => !path.startsWith('/api/installers'))) {
      const shape = (query as { shape?: object } | undefined)?.shape ?? {};
      expect(Object.keys(shape), path).toEqual(expect.arrayContaining(['limit', 'cursor']));
      expect(() => listOf(path)({ limit: '1000000000' }), path).toThrow();
      expect(() => listOf(path)({ limit: '-1' }), path).toThrow();
    }
  });
});
