import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

test('addresses for agents are NATS addresses, one or more', () => {
  const urls = AuthConfig.shape.CITRUS_AGENT_NATS_URLS;
  expect(urls.parse('ws://10.0.0.1:4222, wss://nats.example.org')).toEqual(['ws://10.0.0.1:4222', 'wss://nats.example.org']);
  for (const text of ['', 'http://example.org', 'ws://a,']) expect(urls.safeParse(text).success, text).toBe(false);
});
