import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newSealKey } from '@citrus/kit-event-store';
import { parseConfig } from '@citrus/kit-service';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AuthConfig, readFirstAdmin } from './config.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'citrus-config-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const refusalOf = (text: string): Error => {
  writeFileSync(join(dir, 'admin.json'), text);
  try {
    readFirstAdmin(join(dir, 'admin.json'));
  } catch (error) {
    return error as Error;
  }
  throw new Error('was taken');
};

describe('the file of the first admin', () => {
  test('that is wrong is refused with the reason and without its text', () => {
    const notJson = refusalOf('{"password": secret-1234}');
    expect(notJson.message).toContain('it is not JSON');
    expect(`${notJson.message} ${String(notJson.cause)}`).not.toContain('secret');
    const incomplete = refusalOf('{"email":"a@example.org","password":"secret-1234","project":"x"}');
    expect(incomplete.message).toContain('projectId');
    expect(incomplete.message).not.toContain('secret');
    expect(() => readFirstAdmin(join(dir, 'none.json'))).toThrow('it cannot be read');
  });
});

describe('the keyring', () => {
  const envOf = (folder: string) => ({
    CITRUS_SEAL_KEY_FILE: join(folder, 'seal.key'), CITRUS_SEALS_DIR: folder,
    CITRUS_HTTP_PORT: '0', CITRUS_DATABASE_URL: 'postgres://auth:a@db.example.org/citrus_auth', CITRUS_MASTER_KEY_FILE: 'k', CITRUS_NATS_KEYS_DIR: 'd', CITRUS_AGENT_NATS_URLS: 'ws://a.example.org',
  });
  test('must be said, and be another database than the log', () => {
    writeFileSync(join(dir, 'seal.key'), newSealKey());
    const env = envOf(dir);
    expect(() => parseConfig(AuthConfig, env)).toThrow('CITRUS_KEYRING_URL: is missing');
    expect(() => parseConfig(AuthConfig, { ...env, CITRUS_KEYRING_URL: 'postgres://other:b@db.example.org/citrus_auth' })).toThrow(/CITRUS_KEYRING_URL: must be another database/);
    expect(parseConfig(AuthConfig, { ...env, CITRUS_KEYRING_URL: 'postgres://keyring:b@db.example.org/citrus_keyring' })).toMatchObject({ CITRUS_KEYRING_URL: expect.stringContaining('citrus_keyring') });
  });
});

describe('the provider to sign in with', () => {
  const read = (over: Record<string, string>) => {
    writeFileSync(join(dir, 'seal.key'), newSealKey());
    return parseConfig(AuthConfig, {
      CITRUS_SEAL_KEY_FILE: join(dir, 'seal.key'), CITRUS_SEALS_DIR: dir, CITRUS_HTTP_PORT: '0', CITRUS_DATABASE_URL: 'postgres://auth:a@db.example.org/citrus_auth',
      CITRUS_KEYRING_URL: 'postgres://keyring:b@db.example.org/citrus_keyring', CITRUS_MASTER_KEY_FILE: 'k', CITRUS_NATS_KEYS_DIR: 'd', CITRUS_AGENT_NATS_URLS: 'ws://a.example.org', ...over,
    });
  };
  const whole = { CITRUS_OIDC_CLIENT_ID: 'citrus', CITRUS_OIDC_CLIENT_SECRET_FILE: 'f' };
  test('is said whole or not at all', () => {
    expect(read({}).CITRUS_OIDC_ISSUER).toBeUndefined();
    expect(read({ ...whole, CITRUS_OIDC_ISSUER: 'https://login.example.com' })).toMatchObject({ CITRUS_OIDC_NAME: 'single sign-on' });
    expect(() => read(whole)).toThrow('CITRUS_OIDC_ISSUER: is missing');
    expect(() => read({ CITRUS_OIDC_ISSUER: 'https://login.example.com' })).toThrow('set all three, or none');
  });
  test('is reached by https, but on this very machine', () => {
    for (const issuer of ['http://127.0.0.1:9000', 'http://localhost:9000', 'http://[::1]:9000']) expect(read({ ...whole, CITRUS_OIDC_ISSUER: issuer }).CITRUS_OIDC_ISSUER).toBe(issuer);
    for (const issuer of ['http://login.example.com', 'http://127.0.0.1.example.com', 'http://localhost.example.com']) expect(() => read({ ...whole, CITRUS_OIDC_ISSUER: issuer })).toThrow('must be https://');
  });
});

test('addresses for agents are NATS addresses, one or more', () => {
  const urls = AuthConfig.shape.CITRUS_AGENT_NATS_URLS;
  expect(urls.parse('ws://10.0.0.1:4222, wss://nats.example.org')).toEqual(['ws://10.0.0.1:4222', 'wss://nats.example.org']);
  for (const text of ['', 'http://example.org', 'ws://a,']) expect(urls.safeParse(text).success, text).toBe(false);
});
