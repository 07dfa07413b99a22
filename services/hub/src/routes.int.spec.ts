import { createServer, eraseUser, listServers, readServer, ServerId, signIn, UserId, type Server } from '@citrus/contracts';
import { NotFound, Refusal, Unauthenticated } from '@citrus/kit-domain';
import { describe, expect } from 'vitest';
import { ARTIFACT, ARTIFACT_DIGEST, OTHER_PROJECT, PROJECT, test } from './hub.fixture.ts';

const SERVER = ServerId.parse('44444444-4444-4444-8444-444444444444');
const server = (over: Partial<Server> = {}): Server => ({
  id: SERVER, projectId: PROJECT, name: 'web-1', status: 'creating', provider: 'digitalocean', cloudId: null, power: null, action: null, isProtected: false, maintenance: null, queue: null, backups: false, region: 'sfo3', size: 's', image: 'i', tags: [], dropletRef: null, ipAddress: null, agentId: null, note: null,
  createdAt: new Date(0).toISOString(), updatedAt: new Date(0).toISOString(), ...over,
});

describe('a route', () => {
  test('creates a server for the caller\'s only project, and the same one for the same key', async ({ hub }) => {
    const asked: { projectId: string; serverId: string }[] = [];
    await hub.answer(createServer, (input) => (asked.push(input), server({ id: input.serverId, name: input.spec.name })));
    const create = (key?: string) => hub.call('POST', '/api/servers', { body: { name: 'web-1' }, ...(key && { headers: { 'idempotency-key': key } }) });
    const first = await create('once');
    expect(first.status).toBe(202);
    expect(first.json).toMatchObject({ name: 'web-1', online: false, lastSeenAt: null });
    await create('once');
    await create();
    expect(asked[0]).toMatchObject({ projectId: PROJECT, spec: { name: 'web-1', tags: ['citrus-host'] } });
    expect(asked[1]?.serverId).toBe(asked[0]?.serverId);
    expect(asked[2]?.serverId).not.toBe(asked[0]?.serverId);
  });

  test('passes the caller\'s token on', async ({ hub }) => {
    const token = await hub.tokenFor([{ projectId: PROJECT, role: 'viewer' }]);
    let carried: string | undefined;
    await hub.answer(listServers, (_input, given) => ((carried = given), { items: [server()], nextCursor: null }));
    expect((await hub.call('GET', '/api/servers?limit=10', { token })).json).toMatchObject({ items: [{ id: SERVER }], nextCursor: null });
    expect(carried).toBe(token);
  });

  test('asks for the project when there is more than one', async ({ hub }) => {
    await hub.answer(listServers, ({ projectId }) => ({ items: [server({ projectId })], nextCursor: null }));
    const token = await hub.tokenFor([{ projectId: PROJECT, role: 'viewer' }, { projectId: OTHER_PROJECT, role: 'viewer' }]);
    expect(await hub.call('GET', '/api/servers', { token })).toMatchObject({ status: 400, json: { fields: [{ path: 'projectId' }] } });
    expect((await hub.call('GET', `/api/servers?projectId=${OTHER_PROJECT}`, { token })).json).toMatchObject({ items: [{ projectId: OTHER_PROJECT }] });
  });

  test('T401. refuses who is not signed in, not a member or without the role, before any service is asked', async ({ hub }) => {
    expect((await hub.call('GET', '/api/servers', { token: '' })).status).toBe(401);
    expect((await hub.call('GET', '/api/servers', { token: 'x.y.z' })).json).toMatchObject({ status: 401, code: 'session.invalid' });
    expect((await hub.call('GET', '/api/servers', { token: await hub.tokenFor([{ projectId: PROJECT, role: 'owner' }], '-1m') })).json).toMatchObject({ code: 'session.expired' });
    expect((await hub.call('GET', `/api/servers?projectId=${OTHER_PROJECT}`)).status).toBe(403);
    expect((await hub.call('POST', '/api/servers', { body: { name: 'a' }, token: await hub.tokenFor([{ projectId: PROJECT, role: 'viewer' }]) })).json).toMatchObject({ status: 403, code: 'role.insufficient' });
  });

  test('has a person forgotten, whoever asks; auth says whether', async ({ hub }) => {
    const userId = UserId.parse('55555555-5555-4555-8555-555555555555');
    const erasedAt = new Date(0).toISOString();
    await hub.answer(eraseUser, (input) => ({ userId: input.userId, erasedAt }));
    const token = await hub.tokenFor([{ projectId: PROJECT, role: 'analyst' }]);
    expect(await hub.call('DELETE', `/api/users/${userId}/personal-data`, { token })).toMatchObject({ status: 200, json: { userId, erasedAt } });
    expect((await hub.call('DELETE', `/api/users/${userId}/personal-data`, { token: '' })).status).toBe(401);
    expect((await hub.call('DELETE', '/api/users/nonsense/personal-data', { token })).status).toBe(400);
  });

  test('T509. says which fields are wrong, and knows no others', async ({ hub }) => {
    const wrong = await hub.call('POST', '/api/servers', { body: { name: 'Not A Host', size: 7, colour: 'red' } });
    expect(wrong.status).toBe(400);
    expect(wrong.headers.get('content-type')).toContain('application/problem+json');
    expect(wrong.json).toMatchObject({ fields: [{ path: 'name', message: expect.stringContaining('lower-case letters') }, { path: 'size', message: 'must be text' }, { path: 'colour', message: 'is not a field here' }], correlationId: wrong.headers.get('x-correlation-id') });
    expect((await hub.call('POST', '/api/servers', { body: '{oops' })).status).toBe(400);
    expect((await hub.call('POST', '/api/servers', { body: { name: 'x'.repeat(600_000) } })).status).toBe(413);
    expect((await hub.call('GET', '/api/servers/nonsense')).status).toBe(400);
    for (const path of ['servers?name', 'servers?region', 'servers?tag', 'agents?cursor', 'events?stream', 'events?about', 'events?types']) expect((await hub.call('GET', `/api/${path}=%00`)).json).toMatchObject({ status: 400, code: 'request.invalid' });
    expect((await hub.call('GET', '/api/nothing')).json).toMatchObject({ status: 404, code: 'route.unknown' });
  });

  test('answers as the service does: refused, unknown, not there', async ({ hub }) => {
    expect((await hub.call('GET', `/api/servers/${SERVER}`)).status).toBe(503);
    let thrown: Error = new NotFound('server.unknown', 'There is no such server.');
    await hub.answer(readServer, () => {
      throw thrown;
    });
    expect((await hub.call('GET', `/api/servers/${SERVER}`)).json).toMatchObject({ status: 404, code: 'server.unknown' });
    thrown = new Refusal('server.busy', 'It is busy.');
    expect((await hub.call('GET', `/api/servers/${SERVER}`)).status).toBe(409);
    thrown = new Refusal('job.inputs', 'They are wrong.', [{ path: 'port', message: 'too big' }]);
    expect((await hub.call('GET', `/api/servers/${SERVER}`)).json).toMatchObject({ status: 422, fields: [{ path: 'port' }] });
    thrown = new TypeError('secret');
    const broken = await hub.call('GET', `/api/servers/${SERVER}`);
    expect(broken.status).toBe(500);
    expect(JSON.stringify(broken.json)).not.toContain('secret');
  });
});

describe('signing in', () => {
  test('answers with tokens and makes the browser\'s cookie, which then needs our Origin to change anything', async ({ hub }) => {
    const accessToken = await hub.tokenFor([{ projectId: PROJECT, role: 'operator' }]);
    await hub.answer(signIn, ({ password }) => {
      if (password !== 'right') throw new Unauthenticated('The e-mail or the password is wrong.', 'session.refused');
      return { accessToken, refreshToken: 'r', expiresInSeconds: 900 };
    });
    await hub.answer(createServer, ({ serverId }) => server({ id: serverId }));
    const login = (password: string) => hub.call('POST', '/api/auth/login', { token: '', body: { email: 'a@example.com', password } });
    expect((await login('wrong')).json).toMatchObject({ status: 401, code: 'session.refused' });
    const { json, headers } = await login('right');
    expect(json).toEqual({ accessToken, refreshToken: 'r', expiresInSeconds: 900 });
    const [cookie] = headers.getSetCookie();
    expect(cookie).toMatch(/^citrus=.*; Path=\/; HttpOnly; SameSite=Strict; Max-Age=900$/);
    const byCookie = (origin?: string) => hub.call('POST', '/api/servers', { token: '', body: { name: 'a' }, headers: { cookie: cookie?.split(';')[0] ?? '', ...(origin && { origin }) } });
    expect((await byCookie()).json).toMatchObject({ status: 403, code: 'origin.foreign' });
    expect((await byCookie('https://evil.test')).status).toBe(403);
    expect((await byCookie('http://citrus.test')).status).toBe(202);
    expect((await byCookie(hub.url)).status).toBe(202);
  });

  test('can be tried only so often from one address', async ({ hub }) => {
    await hub.answer(signIn, () => {
      throw new Unauthenticated('wrong');
    });
    const statuses = await Promise.all(Array.from({ length: 30 }, async () => (await hub.call('POST', '/api/auth/login', { token: '', body: { email: 'a@example.com', password: 'x' } })).status));
    expect(statuses.filter((status) => status === 401).length).toBeGreaterThanOrEqual(20);
    expect(statuses).toContain(429);
  });

  test('T604. counts by the address that a trusted proxy tells, and believes nobody further away', async ({ hub }) => {
    const told: string[] = [];
    await hub.answer(signIn, ({ address }) => {
      told.push(address);
      throw new Unauthenticated('No.');
    });
    const from = (forwarded: string) => hub.call('POST', '/api/auth/login', { token: '', body: { email: 'a@example.org', password: 'x' }, headers: { 'x-forwarded-for': forwarded } });
    for (let n = 0; n < 25; n += 1) await from(`198.51.100.${n}, 203.0.113.7`);
    // One more falls due each second.
    expect((await Promise.all(Array.from({ length: 10 }, () => from('203.0.113.7')))).map(({ status }) => status)).toContain(429);
    expect((await from('203.0.113.8')).status).toBe(401);
    expect([...new Set(told)]).toEqual(['203.0.113.7', '203.0.113.8']);
  });
});

describe('what needs no sign-in', () => {
  test('T613. is the panel, with its own addresses and a strict policy', async ({ hub }) => {
    const page = await hub.call('GET', '/servers/1', { token: '' });
    expect(page).toMatchObject({ status: 200, json: expect.stringContaining('<title>Citrus') });
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect((await hub.call('GET', '/', { token: '' })).status).toBe(200);
    expect((await hub.call('GET', '/app-3F2KQ7XA.js', { token: '' })).headers.get('cache-control')).toContain('immutable');
    expect((await hub.call('GET', '/missing.js', { token: '' })).status).toBe(404);
    expect((await hub.call('GET', '/..%2f..%2fetc%2fpasswd', { token: '' })).json).not.toContain('root:');
  });

  test('T611. is a file by its digest, and nothing else of the folder', async ({ hub }) => {
    const file = await hub.call('GET', `/api/artifacts/${ARTIFACT_DIGEST}`, { token: '' });
    expect(file).toMatchObject({ status: 200, json: ARTIFACT });
    expect(file.headers.get('cache-control')).toContain('immutable');
    expect((await hub.call('GET', '/api/artifacts/index.html', { token: '' })).status).toBe(400);
    expect((await hub.call('GET', `/api/artifacts/sha256:${'0'.repeat(64)}`, { token: '' })).status).toBe(503);
  });

  test('is enrolment and renewal by hundreds behind one address, and by each of them only so often', async ({ hub }) => {
    const post = async (path: string, body: object) => (await hub.call('POST', path, { token: '', body, headers: { 'x-forwarded-for': '198.51.100.200' } })).status;
    const many = await Promise.all(Array.from({ length: 120 }, (_, n) => post('/api/agents/enrol', { token: `token of server ${n}` })));
    expect(many).not.toContain(429);
    const renewals = await Promise.all(Array.from({ length: 120 }, (_, n) => post('/api/agents/renew', { nkey: `key of agent ${n}` })));
    expect(renewals).not.toContain(429);
    expect(await Promise.all(Array.from({ length: 30 }, () => post('/api/agents/enrol', { token: 'one and the same' })))).toContain(429);
    expect(await Promise.all(Array.from({ length: 30 }, () => post('/api/agents/renew', {})))).toContain(429);
  });

  test('is health, whatever is down; readiness and metrics have a port of their own', async ({ hub }) => {
    const health = await hub.call('GET', '/api/health', { token: '' });
    expect(health.status).toBe(503);
    expect(health.json).toMatchObject({ status: 'degraded', services: { hub: { status: 'ready' }, auth: { status: 'down' } } });
    const metrics = await hub.metrics();
    expect(metrics).toContain('citrus_http_requests_total');
    expect(metrics).toContain('# the metrics service is not answering');
    const management = `http://127.0.0.1:${hub.running.managementPort}`;
    expect((await fetch(`${management}/readyz`)).status).toBe(200);
    expect((await fetch(`${management}/api/health`)).status).toBe(404);
    expect((await hub.call('GET', '/healthz', { token: '' })).json).toEqual({ status: 'alive' });
    // What anybody gets there is the panel's page, as at any address that is none.
    for (const path of ['/metrics', '/readyz']) {
      const { json } = await hub.call('GET', path, { token: '' });
      expect(String(json)).not.toMatch(/citrus_|isReady/);
    }
    expect((await hub.call('GET', '/api/metrics', { token: '' })).status).toBe(404);
  });

  test('is the OpenAPI document, with every route', async ({ hub }) => {
    const { json } = await hub.call('GET', '/api/openapi.json', { token: '' });
    expect(json).toMatchObject({ openapi: '3.1.0', paths: { '/api/jobs/{id}/stream': { get: {} } } });
    expect(json).toHaveProperty(['paths', '/api/servers', 'post', 'requestBody', 'content', 'application/json', 'schema', 'properties', 'region']);
  });
});

describe('whoever asks too much', () => {
  test('is told so and when to come back, as a problem, and goes not into the audit; nobody else notices', async ({ hub }) => {
    await hub.answer(listServers, () => ({ items: [server()], nextCursor: null }));
    const strict = await hub.another({ CITRUS_REQUESTS_PER_SECOND: '1' });
    const ask = async (token: string) => {
      const response = await fetch(`http://127.0.0.1:${strict.port}/api/servers`, { headers: { authorization: `Bearer ${token}` } });
      return { status: response.status, headers: response.headers, json: await response.json() };
    };
    const one = await hub.tokenFor([{ projectId: PROJECT, role: 'viewer' }]);
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(one)));
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(10);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.json).toMatchObject({ status: 429, code: 'rate.limited', detail: 'You send too many requests; wait a moment and try again.' });
    expect(refused?.headers.get('retry-after')).toBe('1');
    expect((await ask(await hub.tokenOf({ memberships: [{ projectId: PROJECT, role: 'viewer' }] }))).status).toBe(200);
    const told = await (await fetch(`http://127.0.0.1:${strict.managementPort}/metrics`)).text();
    expect(told).not.toMatch(/citrus_audit_entries_total\{result="kept"[^}]*\} [1-9]/);
  });

  test('is refused a body that is too large, too deep or none, and nothing is asked of a service', async ({ hub }) => {
    const send = (body: string) => hub.call('POST', '/api/servers', { body });
    expect((await send(JSON.stringify({ name: 'x'.repeat(600_000) }))).status).toBe(413);
    expect(await send('['.repeat(100_000))).toMatchObject({ status: 400, json: { code: 'request.invalid', detail: 'The body has more than 64 levels of arrays and objects in each other.' } });
    expect((await send('{"name":')).status).toBe(400);
  });
});
