import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooseProject, chosenProject } from './chosen-project.ts';
import { placesOf, type Places } from './places.ts';
import { tokenSession } from './token-session.ts';

const PROJECT = '44444444-4444-4444-8444-444444444444';
let folder: string;
let places: Places;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'citrus-token-'));
  places = placesOf({ XDG_CONFIG_HOME: join(folder, 'config'), CITRUS_HOME: join(folder, 'home') }, folder);
  mkdirSync(places.citrusHome);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a program with a token', () => {
  test('comes to the address that it says, and with nothing but its token', async () => {
    const session = tokenSession(places, { CITRUS_TOKEN: 'citrus_abc', CITRUS_URL: 'https://citrus.example.com/panel' });
    expect(session?.url).toBe('https://citrus.example.com');
    expect(await session?.accessToken()).toBe('citrus_abc');
    expect(session?.email).not.toContain('abc');
  });

  test('comes to where this account is signed in, if it says no address', () => {
    writeFileSync(join(places.citrusHome, 'credentials.json'), JSON.stringify({ url: 'http://localhost:1', email: 'a@example.com', password: 'p' }));
    expect(tokenSession(places, { CITRUS_TOKEN: 'citrus_abc' })?.url).toBe('http://localhost:1');
  });

  test('is told what is wrong', async () => {
    const refusal = (exit: number) => expect.objectContaining({ exit });
    expect(() => tokenSession(places, { CITRUS_TOKEN: 'citrus_abc' })).toThrow(refusal(2));
    expect(() => tokenSession(places, { CITRUS_TOKEN: 'two words', CITRUS_URL: 'https://a.example' })).toThrow(refusal(2));
    expect(() => tokenSession(places, { CITRUS_TOKEN: 'citrus_abc', CITRUS_URL: 'a.example' })).toThrow(refusal(2));
    await expect(tokenSession(places, { CITRUS_TOKEN: 'citrus_abc', CITRUS_URL: 'https://a.example' })?.accessToken('citrus_abc')).rejects.toMatchObject({ exit: 3, code: 'token.refused' });
  });

  test('is a person without one', () => expect(tokenSession(places, { CITRUS_TOKEN: '' })).toBeUndefined());
});

describe('the chosen project', () => {
  const [ada, bob] = [{ url: 'http://a', email: 'ada@example.com' }, { url: 'http://a', email: 'bob@example.com' }];

  test('is kept for the person and the address, and the environment wins', () => {
    chooseProject(places, ada, PROJECT);
    expect(chosenProject(places, ada, {})).toBe(PROJECT);
    expect(chosenProject(places, bob, {})).toBeUndefined();
    expect(chosenProject(places, ada, { CITRUS_PROJECT: 'other' })).toBe('other');
  });

  test('is none when its file was broken', () => {
    mkdirSync(places.config, { recursive: true });
    writeFileSync(join(places.config, 'projects.json'), '{');
    expect(chosenProject(places, ada, {})).toBeUndefined();
  });
});
