import { AgentId } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';
import { recordOfEvent, recordsOfList } from './connection-news.ts';
import { isNews, presenceOf, type PresenceRecord } from './presence-state.ts';

const AGENT = AgentId.parse('agent-under-test');
const record = (over: Partial<PresenceRecord> = {}): PresenceRecord => ({ agentId: AGENT, account: 'A', session: 'S:1', startedAt: '2026-01-01T00:00:00.000Z', isConnected: true, at: '2026-01-01T00:00:00.000Z', ...over });
const T0 = Date.parse('2026-01-01T00:00:00.000Z');

describe('an agent', () => {
  test('is online while it is heard, for 25 seconds', () => {
    expect(presenceOf({}, T0)).toEqual({ online: false, lastSeenAt: null });
    expect(presenceOf({ beatAtMs: T0 }, T0 + 24_999).online).toBe(true);
    expect(presenceOf({ beatAtMs: T0 }, T0 + 25_000)).toEqual({ online: false, lastSeenAt: '2026-01-01T00:00:00.000Z' });
  });

  test('that was told to beat more slowly is waited for two and a half of its intervals, within bounds', () => {
    const slow = (beatEveryMs: number, afterMs: number) => presenceOf({ beatAtMs: T0, beatEveryMs }, T0 + afterMs).online;
    expect([slow(60_000, 149_999), slow(60_000, 150_000)]).toEqual([true, false]);
    expect([slow(0, 24_999), slow(0, 25_000)]).toEqual([true, false]);
    expect([slow(1e9, 749_999), slow(1e9, 750_000)]).toEqual([true, false]);
  });

  test('is offline at once when its connection ended after its last beat, and back with the next', () => {
    const gone = record({ isConnected: false, at: '2026-01-01T00:00:05.000Z' });
    expect(presenceOf({ beatAtMs: T0, record: gone }, T0 + 6000).online).toBe(false);
    expect(presenceOf({ beatAtMs: T0 + 7000, record: gone }, T0 + 8000).online).toBe(true);
  });
});

describe('a word about a session', () => {
  test('is news when it is about the newest', () => {
    const known = record({ session: 'S:2', startedAt: '2026-01-01T00:00:10.000Z' });
    expect(isNews(undefined, record())).toBe(true);
    expect(isNews(known, record({ session: 'S:2', isConnected: false }))).toBe(true);
    expect(isNews(known, record({ session: 'S:3', startedAt: '2026-01-01T00:00:11.000Z' }))).toBe(true);
    expect(isNews(known, record({ session: 'S:1', isConnected: false }))).toBe(false);
    expect(isNews(known, record({ session: 'S:1' }))).toBe(false);
    expect(isNews(known, known)).toBe(false);
  });

  test('is only believed with the JWT of the key that connected', () => {
    const jwtOf = (name: string, sub: string) => `h.${Buffer.from(JSON.stringify({ name, sub })).toString('base64url')}.s`;
    const event = (jwt?: string) => ({ server: { id: 'S' }, client: { id: 7, acc: 'A', user: 'UKEY', ...(jwt && { jwt }), start: '2026-01-01T00:00:00Z' } });
    expect(recordOfEvent(event(jwtOf(AGENT, 'UKEY')), true, new Date(T0))).toEqual(record({ session: 'S:7' }));
    expect(recordOfEvent(event(jwtOf(AGENT, 'UOTHER')), true, new Date(T0))).toBeUndefined();
    expect(recordOfEvent(event(jwtOf('12345678', 'UKEY')), true, new Date(T0))).toBeUndefined();
    expect(recordOfEvent(event(), true, new Date(T0))).toBeUndefined();
    expect(recordOfEvent(event('nonsense'), true, new Date(T0))).toBeUndefined();
    expect(recordsOfList({ server: { id: 'S' }, data: { total: 2, connections: [{ cid: 7, authorized_user: 'UKEY', jwt: jwtOf(AGENT, 'UKEY'), start: '2026-01-01T00:00:00Z' }, { cid: 8, start: '2026-01-01T00:00:00Z' }] } }, 'A', new Date(T0))).toEqual([record({ session: 'S:7' })]);
  });
});
