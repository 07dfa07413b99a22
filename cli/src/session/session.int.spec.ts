/** Against a hub that counts: each refresh token is good once, as the real one has it. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHttp } from '../api/http.ts';
import { placesOf, type Places } from './places.ts';
import { loginFileOf } from './session-file.ts';
import { openSession, storeSession } from './session.ts';

let folder: string;
let hub: Server;
let url: string;
let places: Places;
let good: Set<string>;
let asked: string[];

const answer = (path: string, body: { refreshToken?: string; password?: string }): { status: number; body: object } => {
  const tokens = () => {
    const refreshToken = `r${asked.length}`;
    good.add(refreshToken);
    return { status: 200, body: { accessToken: `a${asked.length}`, refreshToken, expiresInSeconds: 900 } };
  };
  if (path.endsWith('login') && body.password === 'right') return tokens();
  if (path.endsWith('refresh') && good.delete(body.refreshToken ?? '')) return tokens();
  return { status: 401, body: { status: 401, code: 'session.invalid', title: 'Unauthorized', detail: 'No.' } };
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'citrus-session-'));
  [good, asked] = [new Set(), []];
  hub = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      asked.push(request.url ?? '');
      const { status, body } = answer(request.url ?? '', JSON.parse(text) as object);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  }).listen(0, '127.0.0.1');
  await once(hub, 'listening');
  url = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`;
  places = placesOf({ XDG_CONFIG_HOME: join(folder, 'config'), CITRUS_HOME: join(folder, 'home') }, folder);
  mkdirSync(places.citrusHome);
});
afterEach(async () => {
  hub.closeAllConnections();
  hub.close();
  rmSync(folder, { recursive: true, force: true });
});

const writeCredentials = (password: string) => writeFileSync(join(places.citrusHome, 'credentials.json'), JSON.stringify({ url, email: 'a@example.com', password }));

describe('a session', () => {
  test('is made once with the credentials of npm start, and kept for this account alone', async () => {
    writeCredentials('right');
    const token = await openSession(places, createHttp).accessToken();
    expect(await openSession(places, createHttp).accessToken()).toBe(token);
    expect(asked).toEqual(['/api/auth/login']);
    expect(statSync(places.config).mode & 0o777).toBe(0o700);
  });

  test('is renewed once by many at a time', async () => {
    good.add('r0');
    const file = loginFileOf(places);
    storeSession(file, { url, email: 'a@example.com' }, { accessToken: 'old', refreshToken: 'r0', expiresInSeconds: 1 });
    const tokens = await Promise.all(Array.from({ length: 8 }, () => openSession(places, createHttp).accessToken()));
    expect(new Set(tokens).size).toBe(1);
    expect(asked).toEqual(['/api/auth/refresh']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain('"r0"');
  });

  test('that the hub refuses is renewed although its time is not over', async () => {
    writeCredentials('right');
    const session = openSession(places, createHttp);
    const refused = await session.accessToken();
    expect(await session.accessToken(refused)).not.toBe(refused);
    expect(asked).toEqual(['/api/auth/login', '/api/auth/refresh']);
  });

  test('that ended is made anew where credentials are at hand', async () => {
    writeCredentials('right');
    const session = openSession(places, createHttp);
    const token = await session.accessToken();
    good.clear();
    expect(await session.accessToken(token)).not.toBe(token);
    expect(asked).toEqual(['/api/auth/login', '/api/auth/refresh', '/api/auth/login']);
  });

  test('is begun anew where credentials are at hand, for what needs a young one', async () => {
    writeCredentials('right');
    const session = openSession(places, createHttp);
    const token = await session.accessToken();
    const young = await session.begunAnew?.();
    expect(young).not.toBe(token);
    expect(await session.accessToken()).toBe(young);
    expect(asked).toEqual(['/api/auth/login', '/api/auth/login']);
  });

  test('that ended asks for a sign-in where they are not, and is not tried again', async () => {
    storeSession(loginFileOf(places), { url, email: 'a@example.com' }, { accessToken: 'old', refreshToken: 'used', expiresInSeconds: 1 });
    await expect(openSession(places, createHttp).accessToken()).rejects.toMatchObject({ exit: 3, code: 'session.missing' });
    expect(() => openSession(places, createHttp)).toThrow(expect.objectContaining({ exit: 3 }));
  });

  test('is none with a wrong password, an unreadable file or nothing at all', async () => {
    expect(() => openSession(places, createHttp)).toThrow(expect.objectContaining({ exit: 3 }));
    writeCredentials('wrong');
    await expect(openSession(places, createHttp).accessToken()).rejects.toMatchObject({ exit: 3 });
    writeFileSync(join(places.citrusHome, 'credentials.json'), '{');
    expect(() => openSession(places, createHttp)).toThrow(expect.objectContaining({ code: 'session.unreadable' }));
  });

  test('survives a hub that is down', async () => {
    storeSession(loginFileOf(places), { url: 'http://127.0.0.1:1', email: 'a@example.com' }, { accessToken: 'old', refreshToken: 'r0', expiresInSeconds: 1 });
    await expect(openSession(places, createHttp).accessToken()).rejects.toMatchObject({ exit: 4, code: 'hub.unreachable' });
    expect(readFileSync(loginFileOf(places), 'utf8')).toContain('r0');
  });
});
