/** Bad input gets a clear error and changes nothing; a start that cannot succeed says why and what to do. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { eventually } from '@citrus/kit-testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client, type Problem, type ServerView } from './client.ts';
import { startInVain, startSystem, type System } from './system.ts';

/** PostgreSQL and the processes that serve its connections. */
const withChildren = (pid: number): number[] => [pid, ...readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)];

describe('the API', () => {
  let system: System;
  let client: Client;
  let server: ServerView;

  beforeAll(async () => {
    system = await startSystem({ driver: 'process' });
    client = await new Client(system.credentials).signIn();
    server = await client.createServer('patient');
    await client.serverIs(server.id, 'active');
    // Long after a server is made its process looks once more for droplets that nobody owns; then the log rests.
    await eventually(async () => expect((await client.history()).map(({ type }) => type)).toContain('StraysRuledOut'), { timeoutMs: 120_000 });
  });
  afterAll(() => system?.dispose());

  const refused = async (method: string, path: string, body: unknown): Promise<Problem & { answered: number }> => {
    const before = (await client.history()).length;
    const answer = await client.request<Problem>(method, path, { body });
    expect((await client.history()).length, 'nothing was recorded').toBe(before);
    return { ...answer.body, answered: answer.status };
  };

  test('an unknown installer', async () => {
    const problem = await refused('POST', '/api/jobs', { serverId: server.id, installer: 'no-such-app', action: 'install', inputs: {} });
    expect(problem.answered).toBeGreaterThanOrEqual(400);
    expect(problem).toMatchObject({ code: 'installer.unknown' });
  });

  test('wrong types and unknown fields name the field', async () => {
    const wrong = await refused('POST', '/api/jobs', { serverId: server.id, installer: 'static-site', action: 'install', inputs: { site_title: 'x', site_port: 'eighty' } });
    expect(wrong.fields).toEqual(expect.arrayContaining([expect.objectContaining({ path: expect.stringContaining('site_port') })]));
    const unknown = await refused('POST', '/api/servers', { name: 'ok', sise: 'typo' });
    expect(unknown.answered).toBe(400);
    expect(JSON.stringify(unknown)).toContain('sise');
    expect((await refused('POST', '/api/servers', { name: 'Not A Host Name' })).fields?.[0]?.path).toContain('name');
    expect((await refused('POST', '/api/servers', '{"name": broken')).answered).toBe(400);
  });

  test('a missing required input', async () => {
    const problem = await refused('POST', '/api/jobs', { serverId: server.id, installer: 'static-site', action: 'install', inputs: { site_title: '' } });
    expect(problem.fields).toEqual(expect.arrayContaining([expect.objectContaining({ path: expect.stringContaining('site_title') })]));
  });

  test('an installer that needs a real machine', async () => {
    const problem = await refused('POST', '/api/jobs', { serverId: server.id, installer: 'nginx', action: 'install', inputs: {} });
    expect([problem.answered, problem.code]).toEqual([422, 'requirements.unmet']);
    expect(problem.detail).toMatch(/systemd|machine|portable/i);
  });

  test('an unknown server, and an id that is none', async () => {
    expect((await refused('GET', '/api/servers/00000000-0000-4000-8000-000000000000', undefined)).answered).toBe(404);
    expect([400, 404]).toContain((await refused('GET', '/api/servers/..%2f..%2fetc', undefined)).answered);
  });

  test('no token, and a forged one', async () => {
    expect((await fetch(`${system.url}/api/servers`)).status).toBe(401);
    const forged = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"x"}').toString('base64url')}.`;
    expect((await fetch(`${system.url}/api/servers`, { headers: { authorization: `Bearer ${forged}` } })).status).toBe(401);
  });

  test('a wrong password, with the same words for an unknown person', async () => {
    const known = await client.request<Problem>('POST', '/api/auth/login', { body: { email: system.credentials.email, password: 'wrong' } });
    const unknown = await client.request<Problem>('POST', '/api/auth/login', { body: { email: 'nobody@example.com', password: 'wrong' } });
    expect(known.status).toBe(401);
    expect(unknown.status).toBe(401);
    expect(known.body.detail).toBe(unknown.body.detail);
  });

  test('a database that is down is said to be down, and heals', async () => {
    const processes = withChildren(system.pidOf('postgres'));
    for (const pid of processes) process.kill(pid, 'SIGSTOP');
    try {
      await expect.poll(async () => (await client.request('GET', '/api/health')).status, { timeout: 60_000 }).toBe(503);
      const { status, body } = await client.request<Problem>('GET', '/api/servers');
      expect(status).toBe(503);
      expect(body.detail.length).toBeGreaterThan(10);
    } finally {
      for (const pid of processes) process.kill(pid, 'SIGCONT');
    }
    await expect.poll(async () => (await client.request('GET', '/api/health')).status, { timeout: 60_000 }).toBe(200);
    expect((await client.get('/api/servers')).status).toBe(200);
  });
});

describe('npm start', () => {
  test('names a port that is in use', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    const { code, output } = await startInVain({ port });
    squatter.close();
    expect(code).toBe(1);
    expect(output).toContain(`port ${port} is in use`);
    expect(output).toContain('CITRUS_PORT=');
  });

  test.each(['/dev/null/home', '/proc/nope'])('names a home that cannot be written: %s', async (home) => {
    const { code, output } = await startInVain({ home });
    expect(code).toBe(1);
    expect(output).toContain(`${home} cannot be written`);
    expect(output).toContain('CITRUS_HOME=');
  });

  test('gives up on a program that ends again and again, with its last words', async () => {
    const { code, output } = await startInVain({ env: { CITRUS_CLOUD_DRIVER: 'vm' } });
    expect(code).toBe(1);
    expect(output).toContain('ended 5 times');
    expect(output).toContain('LOCAL_CLOUD_DRIVER');
  });

  test('says what to do when there is no usable nats-server', async () => {
    const { code, output } = await startInVain({ driver: 'process', env: { NATS_SERVER_BIN: '/bin/true' } });
    expect(code).toBe(1);
    expect(output).toMatch(/nats-server/);
    expect(output).toMatch(/NATS_SERVER_BIN/);
  });
});
