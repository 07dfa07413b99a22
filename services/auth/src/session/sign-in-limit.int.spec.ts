import { randomBytes } from 'node:crypto';
import { masterKeysOf } from '@citrus/kit-crypto';
import { openPool } from '@citrus/kit-event-store';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { describe, expect } from 'vitest';
import { test as base } from '../database.fixture.ts';
import type { AuthDatabase } from '../database.ts';
import { RULES } from './sign-in-limit.ts';
import { createSignInLimit, type Attempt, type CountedTry } from './sign-in-limit.store.ts';

const start = new Date('2026-11-21T10:00:00.000Z');
const [OWNER, STRANGER] = ['203.0.113.7', '198.51.100.1'];
const [BROWSER, OTHER] = ['b'.repeat(43), 'o'.repeat(43)];

const test = base.extend('limit', async ({ database }, { onCleanup }) => {
  const db = new Kysely<AuthDatabase>({ dialect: new PostgresDialect({ pool: openPool({ databaseUrl: database.serviceUrl }) }) });
  onCleanup(() => db.destroy());
  const limit = createSignInLimit(db, masterKeysOf(randomBytes(32)));
  const clock = { now: start };
  /** A day is as long as the test says; the tries before it were long ago, so nobody waits for them. */
  const later = (minutes: number) => void (clock.now = new Date(clock.now.getTime() + minutes * 60_000));
  const begin = (attempt: Attempt) => limit.begin(attempt, () => clock.now);
  const wrong = async (attempt: Attempt, times = 1) => {
    const outcomes: (CountedTry | Date)[] = [];
    for (let n = 0; n < times; n += 1) outcomes.push(await begin(attempt));
    return outcomes;
  };
  const right = async (attempt: Attempt) => {
    const tried = await begin(attempt);
    if (!(tried instanceof Date)) await limit.succeeded(tried, clock.now);
    return tried;
  };
  return { limit, db, clock, later, begin, wrong, right };
});

const isLetIn = (outcome: CountedTry | Date) => !(outcome instanceof Date);
const at = (address: string, device?: string, email = 'a@example.org'): Attempt => ({ email, address, ...(device && { device }) });

describe('the limit of sign-ins', () => {
  test('makes strangers wait, longer each time, and lets them try again', async ({ limit: { wrong, later, clock } }) => {
    expect((await wrong(at(STRANGER), RULES.stranger.free)).every(isLetIn)).toBe(true);
    later(0.5);
    expect(await wrong(at('192.0.2.9'))).toEqual([new Date(start.getTime() + 60_000)]);
    later(0.5);
    expect((await wrong(at('192.0.2.9'))).every(isLetIn)).toBe(true);
    later(1.5);
    expect(await wrong(at(STRANGER))).toEqual([new Date(clock.now.getTime() + 30_000)]);
  });

  test('T603. does not keep the owner out, from an address or a browser that is known', async ({ limit: { wrong, right, later } }) => {
    await right(at(OWNER));
    await right(at('192.0.2.1', BROWSER));
    await wrong(at(STRANGER), RULES.stranger.free);
    later(0.5);
    expect(isLetIn(await right(at(OWNER)))).toBe(true);
    expect(isLetIn(await right(at('192.0.2.222', BROWSER)))).toBe(true);
    expect((await wrong(at(STRANGER))).every(isLetIn)).toBe(false);
    expect((await wrong(at('192.0.2.5', OTHER))).every(isLetIn)).toBe(false);
  });

  test('does not keep out a known browser for what others behind its address do', async ({ limit: { wrong, right, later } }) => {
    await right(at(OWNER, BROWSER));
    await wrong(at(OWNER, OTHER), RULES.familiar.free);
    later(0.5);
    expect((await wrong(at(OWNER))).every(isLetIn)).toBe(false);
    expect(isLetIn(await right(at(OWNER, BROWSER)))).toBe(true);
  });

  test('counts a known address and browser too', async ({ limit: { wrong, right, later } }) => {
    await right(at(OWNER, BROWSER));
    expect((await wrong(at('192.0.2.5', BROWSER), RULES.familiar.free)).every(isLetIn)).toBe(true);
    later(0.5);
    expect((await wrong(at('192.0.2.5', BROWSER))).every(isLetIn)).toBe(false);
  });

  test('knows a browser for its own account only', async ({ limit: { wrong, right, later } }) => {
    await right(at(OWNER, BROWSER, 'b@example.org'));
    await wrong(at(OWNER, BROWSER), RULES.stranger.free);
    later(0.5);
    expect((await wrong(at(OWNER, BROWSER))).every(isLetIn)).toBe(false);
  });

  test('T602. stops a network that tries many accounts, whichever of its addresses it uses', async ({ limit: { wrong, right, later } }) => {
    for (let n = 0; n < RULES.network.free; n += 1) await wrong(at(`2001:db8:1:2::${n.toString(16)}`, undefined, `${n}@example.org`));
    later(0.5);
    expect((await wrong(at('2001:db8:1:2:ffff::1', undefined, 'new@example.org'))).every(isLetIn)).toBe(false);
    expect(isLetIn(await right(at('2001:db8:1:3::1', undefined, 'new@example.org')))).toBe(true);
  });

  test('T953. lets in no more than it says when all come at once, and counts a right one back', async ({ limit: { limit, db, clock } }) => {
    const clockOfAll = () => clock.now;
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => limit.begin(at(STRANGER), clockOfAll)));
    const letIn = outcomes.flatMap((outcome) => (outcome instanceof Date ? [] : [outcome]));
    expect(letIn).toHaveLength(RULES.stranger.free);
    for (const tried of letIn) await limit.takeBack(tried);
    expect(await db.selectFrom('sign_in_counters').select(sql<number>`max(failures)`.as('most')).executeTakeFirst()).toEqual({ most: 0 });
  });

  test('waits for tries that are being looked at before it sends a right one away', async ({ limit: { limit, begin, wrong, clock } }) => {
    const tries = await wrong(at(STRANGER), RULES.stranger.free);
    const another = begin(at(STRANGER));
    const [first] = tries;
    if (first && !(first instanceof Date)) await limit.succeeded(first, clock.now);
    expect(isLetIn(await another)).toBe(true);
  });

  test('keeps nothing that anybody could read, and not for ever', async ({ limit: { right, wrong, db, later } }) => {
    await right(at(OWNER, BROWSER));
    await wrong(at(STRANGER));
    const rows = async () => JSON.stringify([await db.selectFrom('sign_in_counters').selectAll().execute(), await db.selectFrom('sign_in_acquaintances').selectAll().execute()]);
    for (const text of ['example.org', OWNER, STRANGER, BROWSER]) expect(await rows()).not.toContain(text);
    later(200 * 24 * 60);
    await wrong(at('192.0.2.77', undefined, 'other@example.org'));
    expect((await db.selectFrom('sign_in_acquaintances').selectAll().execute()).length).toBe(0);
    expect((await db.selectFrom('sign_in_counters').selectAll().execute()).length).toBe(2);
  });
});
