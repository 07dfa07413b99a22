import { finishOidc, linkOidc, readOidc, startOidc } from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';
import { describe, expect } from 'vitest';
import { test, type Hub } from '../hub.fixture.ts';

const visit = (hub: Hub, path: string, cookie?: string) => fetch(`${hub.url}${path}`, { redirect: 'manual', headers: cookie ? { cookie } : {} });

describe('signing in with a provider', () => {
  test('sends the browser there with a cookie of its own, and home with a session', async ({ hub }) => {
    await hub.answer(readOidc, () => ({ isOn: true, name: 'Example Login' }));
    await hub.answer(startOidc, ({ redirectUri, returnTo }) => {
      expect({ redirectUri, returnTo }).toEqual({ redirectUri: 'http://citrus.test/api/auth/oidc/callback', returnTo: '/servers' });
      return { url: 'https://login.example.com/auth?state=s', browser: 'secret', expiresInSeconds: 600 };
    });
    await hub.answer(finishOidc, ({ answer, browser, redirectUri }) => {
      expect({ answer, browser, redirectUri }).toEqual({ answer: 'code=c%20d&state=s&iss=https%3A%2F%2Flogin.example.com', browser: 'secret', redirectUri: 'http://citrus.test/api/auth/oidc/callback' });
      return { tokens: { accessToken: 'a.b.c', refreshToken: 'r', expiresInSeconds: 300 }, returnTo: '/servers' };
    });
    expect((await hub.call('GET', '/api/auth/oidc', { token: '' })).json).toEqual({ isOn: true, name: 'Example Login' });
    const away = await visit(hub, '/api/auth/oidc/start?returnTo=%2Fservers');
    expect([away.status, away.headers.get('location')]).toEqual([302, 'https://login.example.com/auth?state=s']);
    expect(away.headers.getSetCookie()).toEqual(['citrus-begun=secret; Path=/; HttpOnly; SameSite=Lax; Max-Age=600']);
    const home = await visit(hub, '/api/auth/oidc/callback?code=c%20d&state=s&iss=https%3A%2F%2Flogin.example.com', 'citrus-begun=secret');
    expect([home.status, home.headers.get('location'), home.headers.get('cache-control')]).toEqual([302, '/servers', 'no-store']);
    expect(home.headers.getSetCookie().map((cookie) => cookie.split(';')[0])).toEqual(['citrus=a.b.c', 'citrus-refresh=r', 'citrus-begun=']);
  });

  test('links an account from within it, and says what the first time did', async ({ hub }) => {
    await hub.answer(linkOidc, ({ returnTo }) => ({ url: `https://login.example.com/auth?for=${returnTo}`, browser: 'secret', expiresInSeconds: 600 }));
    const begun = await hub.call('POST', '/api/auth/oidc/link', { body: { returnTo: '/account' } });
    expect(begun).toMatchObject({ status: 200, json: { url: 'https://login.example.com/auth?for=/account' } });
    expect((await hub.call('POST', '/api/auth/oidc/link', { token: '', body: {} })).status).toBe(401);
    await hub.answer(finishOidc, () => ({ tokens: { accessToken: 'a.b.c', refreshToken: 'r', expiresInSeconds: 300 }, returnTo: '/account', notice: 'alone' as const }));
    const home = await visit(hub, '/api/auth/oidc/callback?code=c&state=s', 'citrus-begun=secret');
    expect(home.headers.get('location')).toBe('/account#sign-in-notice=alone');
  });

  test('comes home without a session, and says why, when it is refused or cannot be done', async ({ hub }) => {
    await hub.answer(finishOidc, () => {
      throw new Refusal('oidc.no_account', 'There is no account.');
    });
    const home = await visit(hub, '/api/auth/oidc/callback?error=x&state=s', 'citrus-begun=secret');
    expect([home.status, home.headers.get('location')]).toEqual([302, '/#sign-in-problem=oidc.no_account']);
    expect(home.headers.getSetCookie()).toEqual(['citrus-begun=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0']);
    expect((await visit(hub, '/api/auth/oidc/start')).headers.get('location')).toBe('/#sign-in-problem=service.unavailable');
  });

  test('T614. goes back to no other place than ours', async ({ hub }) => {
    for (const returnTo of ['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)']) {
      expect((await visit(hub, `/api/auth/oidc/start?returnTo=${encodeURIComponent(returnTo)}`)).status).toBe(400);
    }
  });
});
