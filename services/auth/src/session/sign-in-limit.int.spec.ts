import { randomBytes } from 'node:crypto';
import { masterKeysOf } from '@citrus/kit-crypto';
import { migrate, openPool } from '@citrus/kit-event-store';
import { test as base } from '@citrus/kit-testing';
import { Kysely, PostgresDialect } from 'kysely';
import { describe, expect } from 'vitest';
import type { AuthDatabase } from '../database.ts';
import { migrations } from '../migrate.ts';
import { createSignInLimit, LIMITS } from './sign-in-limit.store.ts';

const test = base.extend('limit', async ({ database }, { onCleanup }) => {
  await migrate({ ownerUrl: database.ownerUrl, role: database.role, migrations });
  const db = new Kysely<AuthDatabase>({ dialect: new PostgresDialect({ pool: openPool({ databaseUrl: database.serviceUrl }) }) });
  onCleanup(() => db.destroy());
  return createSignInLimit(db, masterKeysOf(randomBytes(32)));
});

const start = new Date('2026-11-21T10:00:00.000Z');
const later = (minutes: number) => new Date(start.getTime() + minutes * 60_000);
const attempt = (email: string, address = '203.0.113.7') => ({ email, address });

describe('the limit of sign-ins', () => {
  test('lets an account try again after a quarter of an hour', async ({ limit }) => {
    const flags = [];
    for (let failure = 0; failure < LIMITS.account; failure += 1) flags.push(await limit.countFailure(attempt('a@example.org'), start));
    expect(flags).toEqual([false, false, false, false, true]);
    expect(await limit.pausedUntil(attempt('a@example.org', '203.0.113.8'), later(14))).toEqual(later(15));
    expect(await limit.pausedUntil(attempt('a@example.org'), later(15))).toBeUndefined();
    await limit.countFailure(attempt('a@example.org'), later(16));
    expect(await limit.pausedUntil(attempt('a@example.org'), later(16))).toBeUndefined();
  });

  test('stops an address that tries many accounts', async ({ limit }) => {
    for (let failure = 0; failure < LIMITS.address; failure += 1) await limit.countFailure(attempt(`${failure}@example.org`), start);
    expect(await limit.pausedUntil(attempt('new@example.org'), later(1))).toEqual(later(15));
    expect(await limit.pausedUntil(attempt('new@example.org', '203.0.113.8'), later(1))).toBeUndefined();
  });

  test('counts failures that come together', async ({ limit }) => {
    const flags = await Promise.all(Array.from({ length: LIMITS.account }, () => limit.countFailure(attempt('b@example.org'), start)));
    expect(flags.filter(Boolean)).toHaveLength(1);
    expect(await limit.pausedUntil(attempt('b@example.org'), start)).toEqual(later(15));
  });
});
