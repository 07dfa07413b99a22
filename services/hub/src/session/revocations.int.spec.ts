import { exchangeApiToken, listServers, refreshSession, signIn, signOut, subjects, type Caller } from '@citrus/contracts';
import { Unauthenticated } from '@citrus/kit-domain';
import { eventually, somebody } from '@citrus/kit-testing';
import { jetstream } from '@nats-io/jetstream';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { PROJECT, test, type Hub } from '../hub.fixture.ts';

const at = new Date(0).toISOString();
const viewer = (): Caller => somebody({ memberships: [{ projectId: PROJECT, role: 'viewer' }] });
const noServers = (hub: Hub) => hub.answer(listServers, () => ({ items: [], nextCursor: null }));
const ask = (hub: Hub, token: string) => hub.call('GET', '/api/servers', { token });

/** As the relay publishes it: the doorbell. */
const ring = (hub: Hub, type: string) => jetstream(hub.nc).publish(subjects.event('auth', `session-${PROJECT}`, type), JSON.stringify({}));
const end = async (hub: Hub, credentialId: string) => {
  hub.revoked.position += 1;
  hub.revoked.head += 1;
  hub.revoked.ended.push({ credentialId, at });
  await ring(hub, 'SessionClosed');
};

const bytesOf = async (hub: Hub, path: string, token: string) => {
  const response = await fetch(`${hub.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  const read = { status: response.status, bytes: 0, ended: Promise.resolve('') };
  read.ended = (async () => {
    for await (const chunk of response.body ?? []) read.bytes += (chunk as Uint8Array).length;
    return 'ended';
  })();
  return read;
};

describe('a session that ended', () => {
  test('is refused with its access token from the next moment on, and nobody else is', async ({ hub }) => {
    await noServers(hub);
    const [one, other] = [viewer(), viewer()];
    const tokens = await Promise.all([hub.tokenOf(one), hub.tokenOf(other)]);
    expect((await ask(hub, tokens[0] ?? '')).status).toBe(200);
    await end(hub, one.credentialId);
    await eventually(async () => expect((await ask(hub, tokens[0] ?? '')).json).toMatchObject({ status: 401, code: 'session.ended' }));
    expect((await ask(hub, tokens[1] ?? '')).status).toBe(200);
  });

  test('T504. loses its open streams within five seconds, without a further byte, although a bell was missed', async ({ hub }) => {
    const one = viewer();
    const stream = await bytesOf(hub, '/api/events/stream?after=auth:0,provisioning:0,agent-mgmt:0,metrics:0', await hub.tokenOf(one));
    expect(stream.status).toBe(200);
    await eventually(() => expect(stream.bytes).toBeGreaterThan(0));
    const { bytes } = stream;
    hub.revoked.position += 1;
    hub.revoked.head += 1;
    hub.revoked.ended.push({ credentialId: one.credentialId, at });
    // The hub is in this process: what counts is time in which it could run.
    let ticks = 0;
    const ticking = setInterval(() => (ticks += 1), 100);
    expect(await stream.ended).toBe('ended');
    clearInterval(ticking);
    expect(ticks).toBeLessThan(50);
    expect(stream.bytes).toBe(bytes);
  });

  test('is useless when signing out has answered', async ({ hub }) => {
    await noServers(hub);
    const one = viewer();
    const token = await hub.tokenOf(one);
    await hub.answer(signOut, () => {
      hub.revoked.position += 1;
      hub.revoked.head += 1;
      hub.revoked.ended.push({ credentialId: one.credentialId, at });
      return {};
    });
    expect((await ask(hub, token)).status).toBe(200);
    expect((await hub.call('POST', '/api/auth/logout', { token, body: { refreshToken: `${one.credentialId}.x` } })).status).toBe(200);
    expect((await ask(hub, token)).json).toMatchObject({ status: 401, code: 'session.ended' });
  });
});

describe('a role that changed', () => {
  test('T503. makes older access tokens outdated, until they are renewed', async ({ hub }) => {
    await noServers(hub);
    const one = viewer();
    const token = await hub.tokenOf(one);
    expect((await ask(hub, token)).status).toBe(200);
    const stream = await bytesOf(hub, '/api/events/stream?after=auth:0,provisioning:0,agent-mgmt:0,metrics:0', token);
    hub.revoked.position = hub.revoked.head = 12;
    hub.revoked.outdated.push({ userId: one.userId, position: 12, at });
    await ring(hub, 'MembershipEnded');
    await eventually(async () => expect((await ask(hub, token)).json).toMatchObject({ status: 401, code: 'session.outdated' }));
    expect(await stream.ended).toBe('ended');
    expect((await ask(hub, await hub.tokenOf(one, { position: 12 }))).status).toBe(200);
  });
});

describe('an API token', () => {
  const text = (n: number) => `ctr_${String(n).padStart(32, '0')}_${'s'.repeat(43)}`;

  test('T849. stands for an access token that services know, which is kept for a while and dropped when it was revoked', async ({ hub }) => {
    const program: Caller = { ...viewer(), signedInBy: 'token', email: null };
    let exchanged = 0;
    let isRevoked = false;
    const accessToken = await hub.tokenOf(program);
    await hub.answer(exchangeApiToken, () => {
      exchanged += 1;
      if (isRevoked) throw new Unauthenticated('The API token is unknown, expired or revoked.', 'api_token.invalid');
      return { accessToken, expiresInSeconds: 300 };
    });
    let carried: string | undefined;
    await hub.answer(listServers, (_input, token) => ((carried = token), { items: [], nextCursor: null }));
    const all = await Promise.all(Array.from({ length: 10 }, () => ask(hub, text(1))));
    expect(all.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect([exchanged, carried]).toEqual([1, accessToken]);
    isRevoked = true;
    await end(hub, program.credentialId);
    await eventually(async () => expect((await ask(hub, text(1))).json).toMatchObject({ status: 401, code: 'api_token.invalid' }));
  });

  test('is exchanged anew when its holder’s roles have changed: a program cannot renew anything', async ({ hub }) => {
    const program: Caller = { ...viewer(), signedInBy: 'token' };
    let position = 1;
    await hub.answer(exchangeApiToken, async () => ({ accessToken: await hub.tokenOf(program, { position }), expiresInSeconds: 300 }));
    await noServers(hub);
    expect((await ask(hub, text(2))).status).toBe(200);
    position = 20;
    hub.revoked.position = hub.revoked.head = 20;
    hub.revoked.outdated.push({ userId: program.userId, position: 20, at });
    await ring(hub, 'MembershipGranted');
    for (let n = 0; n < 20; n += 1) expect((await ask(hub, text(2))).status).toBe(200);
  });

  test('T506. cannot do what is for people in person', async ({ hub }) => {
    const program: Caller = { ...viewer(), signedInBy: 'token' };
    await hub.answer(exchangeApiToken, async () => ({ accessToken: await hub.tokenOf(program), expiresInSeconds: 300 }));
    for (const [method, path] of [['GET', '/api/tokens'], ['GET', '/api/auth/sessions'], ['DELETE', '/api/auth/sessions'], ['POST', '/api/auth/password'], ['POST', '/api/auth/second-factor/begin']] as const) {
      expect((await hub.call(method, path, { token: text(3), ...(method === 'POST' && { body: {} }) })).json).toMatchObject({ status: 403, code: 'session.needed' });
    }
  });

  test('T957. that is none can be tried only so often from one network, and stops nobody with a right one', async ({ hub }) => {
    const program: Caller = { ...viewer(), signedInBy: 'token' };
    let [asked, answersAfterMs] = [0, 0];
    await hub.answer(exchangeApiToken, async ({ token }) => {
      asked += 1;
      await delay(answersAfterMs);
      if (token !== text(0)) throw new Unauthenticated('The API token is unknown, expired or revoked.', 'api_token.invalid');
      return { accessToken: await hub.tokenOf(program), expiresInSeconds: 300 };
    });
    await noServers(hub);
    const from = (n: number, address: string) => hub.call('GET', '/api/servers', { token: text(n), headers: { 'x-forwarded-for': address } });
    expect((await from(0, '2001:db8::1')).status).toBe(200);
    const statuses: number[] = [];
    for (let n = 1; n <= 25; n += 1) statuses.push((await from(n, `2001:db8::${n}`)).status);
    expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
    // At once: one place is free again each second.
    const more = await Promise.all(Array.from({ length: 10 }, (_, n) => from(40 + n, `2001:db8::${40 + n}`)));
    expect(more.map(({ status }) => status)).toContain(429);
    expect((await from(0, '2001:db8::99')).status).toBe(200);
    expect((await from(30, '2001:db8:0:1::1')).status).toBe(401);
    // Side by side, while auth takes its time, they are no more.
    const before = asked;
    answersAfterMs = 200;
    const atOnce = await Promise.all(Array.from({ length: 100 }, (_, n) => from(100 + n, '2001:db8:0:2::1')));
    expect(atOnce.filter(({ status }) => status === 429).length).toBeGreaterThan(70);
    expect(asked - before).toBeLessThan(30);
  });
});

describe('signing in by browser', () => {
  test('gives the browser a name that it keeps, and passes the code on', async ({ hub }) => {
    const told: { device: string | undefined; code: string | undefined }[] = [];
    const accessToken = await hub.tokenOf(viewer());
    await hub.answer(signIn, ({ device, code }) => {
      told.push({ device, code });
      if (!code) throw new Unauthenticated('Now the code.', 'session.second_factor_needed');
      return { accessToken, refreshToken: 'r', expiresInSeconds: 300 };
    });
    const login = (code?: string, headers: Record<string, string> = { origin: 'http://citrus.test' }) =>
      hub.call('POST', '/api/auth/login', { token: '', body: { email: 'a@example.org', password: 'x', ...(code && { code }) }, headers });
    const refused = await login();
    expect(refused.json).toMatchObject({ status: 401, code: 'session.second_factor_needed' });
    expect(refused.headers.getSetCookie()).toEqual([]);
    const cookie = (await login('123456')).headers.getSetCookie().find((one) => one.startsWith('citrus-device='))?.split(';')[0] ?? '';
    expect(cookie).toBe(`citrus-device=${told[1]?.device}`);
    await login('123456', { origin: 'http://citrus.test', cookie });
    expect(told[2]?.device).toBe(told[1]?.device);
    await login('123456', {});
    expect(told[3]).toEqual({ device: undefined, code: '123456' });
  });

  test('ends the session that the browser had until then, once the new one is there', async ({ hub }) => {
    const accessToken = await hub.tokenOf(viewer());
    const ended: string[] = [];
    await hub.answer(signOut, ({ refreshToken }) => {
      ended.push(refreshToken);
      return {};
    });
    await hub.answer(signIn, ({ password }) => {
      if (password !== 'x') throw new Unauthenticated('No.', 'session.wrong_credentials');
      return { accessToken, refreshToken: 'new', expiresInSeconds: 300 };
    });
    const login = (password: string, refresh: string) => hub.call('POST', '/api/auth/login', { token: '', body: { email: 'a@example.org', password }, headers: { origin: 'http://citrus.test', cookie: `citrus-refresh=${refresh}` } });
    expect((await login('wrong', 'old')).status).toBe(401);
    expect(ended).toEqual([]);
    expect((await login('x', 'old')).status).toBe(200);
    expect((await login('x', 'y'.repeat(2000))).status).toBe(200);
    expect(ended).toEqual(['old']);
  });

  test('renews by cookie as before', async ({ hub }) => {
    const accessToken = await hub.tokenOf(viewer());
    await hub.answer(refreshSession, ({ refreshToken }) => ({ accessToken, refreshToken: `${refreshToken}2`, expiresInSeconds: 300 }));
    const { status, headers } = await hub.call('POST', '/api/auth/refresh', { token: '', body: {}, headers: { cookie: 'citrus-refresh=r', origin: 'http://citrus.test' } });
    expect(status).toBe(200);
    expect(headers.getSetCookie()[1]).toMatch(/^citrus-refresh=r2; /);
  });
});
