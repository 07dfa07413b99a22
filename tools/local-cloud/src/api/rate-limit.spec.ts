import { describe, expect, test } from 'vitest';
import { RateLimit } from './rate-limit.ts';

const at = 1_800_000_000_000;

describe('the rate limit', () => {
  test('lets a burst through up to the minute limit, then says how long to wait', () => {
    const limit = new RateLimit({ requestsPerMinute: 2, requestsPerHour: 10 });
    expect(limit.take(at).headers).toEqual({ 'ratelimit-limit': '10', 'ratelimit-remaining': '9', 'ratelimit-reset': String(at / 1000 + 3600) });
    expect(limit.take(at + 1000).allowed).toBe(true);
    const refused = limit.take(at + 20_000);
    expect(refused.allowed).toBe(false);
    expect(refused.headers).toMatchObject({ 'ratelimit-remaining': '0', 'retry-after': '40' });
  });

  test('slides: each request frees its place a minute after it was made', () => {
    const limit = new RateLimit({ requestsPerMinute: 2, requestsPerHour: 10 });
    limit.take(at);
    limit.take(at + 30_000);
    expect(limit.take(at + 59_999).allowed).toBe(false);
    expect(limit.take(at + 60_000).allowed).toBe(true);
    expect(limit.take(at + 60_001).allowed).toBe(false);
  });

  test('refuses beyond the hour limit without retry-after, and does not count refusals', () => {
    const limit = new RateLimit({ requestsPerMinute: 100, requestsPerHour: 3 });
    for (let minute = 0; minute < 3; minute += 1) limit.take(at + minute * 120_000);
    const refused = limit.take(at + 600_000);
    expect(refused.allowed).toBe(false);
    expect(refused.headers).not.toHaveProperty('retry-after');
    expect(limit.take(at + 3_600_000).allowed).toBe(true);
  });
});
