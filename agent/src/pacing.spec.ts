import { describe, expect, test } from 'vitest';
import { becameOf, createPacing } from './pacing.ts';

/** The same in every run. */
const seeded = (seed: number) => () => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

const AUTH_TIMEOUT_MS = 5000;
type Fleet = { readonly agents: number; readonly windowMs: number; /** Sign-ins a second that the broker can bear. */ readonly perSecond: number; readonly awayMs: number };
type Dial = { readonly at: number; readonly pacing: ReturnType<typeof createPacing> };

/**
 * Everybody loses the broker at once. It takes sign-ins one after the other, and who waits longer than the timeout is sent
 * away after it has cost its share: the worst that a broker can do.
 */
const comeBack = ({ agents, windowMs, perSecond, awayMs }: Fleet): { lastBackMs: number; timeouts: number; longestWaitMs: number } => {
  const random = seeded(11);
  const dials: Dial[] = Array.from({ length: agents }, () => {
    const pacing = createPacing(() => windowMs, random);
    pacing.connected();
    return { at: pacing.nextIn(), pacing };
  });
  // Buckets of ten milliseconds, so that ten thousand agents are quick to play.
  const due = new Map<number, Dial[]>();
  let open = 0;
  const plan = (dial: Dial) => {
    const bucket = Math.ceil(dial.at / 10) * 10;
    due.set(bucket, [...(due.get(bucket) ?? []), dial]);
    open += 1;
  };
  dials.forEach(plan);
  let [freeAt, lastBackMs, timeouts, longestWaitMs] = [awayMs, 0, 0, 0];
  for (let now = 0; open > 0; now += 10) {
    for (const { pacing } of due.get(now) ?? []) {
      open -= 1;
      if (now < awayMs) {
        pacing.failed('nobody');
        plan({ at: now + 10 + pacing.nextIn(), pacing });
        continue;
      }
      freeAt = Math.max(freeAt, now) + 1000 / perSecond;
      const waitMs = freeAt - now;
      longestWaitMs = Math.max(longestWaitMs, waitMs);
      if (waitMs <= AUTH_TIMEOUT_MS) lastBackMs = Math.max(lastBackMs, freeAt);
      else {
        timeouts += 1;
        pacing.failed('crowded');
        plan({ at: now + AUTH_TIMEOUT_MS + pacing.nextIn(), pacing });
      }
    }
    due.delete(now);
  }
  return { lastBackMs, timeouts, longestWaitMs };
};

describe('a fleet whose broker was killed', () => {
  test.each([
    [1000, 0], [1000, 8000], [10_000, 0], [10_000, 8000], [10_000, 20_000],
  ])('of %i, the broker away for %i ms, is back within a minute, and no dial waits as long as the broker does', (agents, awayMs) => {
    const { lastBackMs, timeouts, longestWaitMs } = comeBack({ agents, windowMs: 30_000, perSecond: 500, awayMs });
    expect(timeouts).toBe(0);
    expect(longestWaitMs).toBeLessThan(AUTH_TIMEOUT_MS);
    expect(lastBackMs).toBeLessThan(60_000);
  });

  test('of 20,000 does not run it over when its agents were told a window for so many', () => {
    const { timeouts, lastBackMs } = comeBack({ agents: 20_000, windowMs: 50_000, perSecond: 500, awayMs: 5000 });
    expect(timeouts).toBe(0);
    expect(lastBackMs).toBeLessThan(90_000);
  });

  test('of 5,000 finds a pace that a slow broker can bear', () => {
    const { timeouts, lastBackMs } = comeBack({ agents: 5000, windowMs: 30_000, perSecond: 75, awayMs: 5000 });
    expect(timeouts).toBeGreaterThan(0);
    expect(timeouts).toBeLessThan(40_000);
    expect(lastBackMs).toBeLessThan(600_000);
  });
});

describe('a dial that failed', () => {
  test.each([
    [undefined, 'nobody'],
    [{ isAnswered: false, complaint: undefined }, 'nobody'],
    [{ isAnswered: true, complaint: undefined }, 'crowded'],
    [{ isAnswered: true, complaint: 'Authentication Timeout' }, 'crowded'],
    [{ isAnswered: true, complaint: 'maximum connections exceeded' }, 'crowded'],
    [{ isAnswered: true, complaint: 'Authorization Violation' }, 'refused'],
    [{ isAnswered: true, complaint: 'User Authentication Expired' }, 'refused'],
    [{ isAnswered: true, complaint: 'User Authentication Revoked' }, 'refused'],
  ] as const)('%o is %s', (dial, dialled) => expect(becameOf(dial)).toBe(dialled));

  test('doubles the window where the broker was too busy, up to a limit, and is forgotten once there is a connection', () => {
    const pacing = createPacing(() => 1000, () => 1);
    const next = (dialled: 'crowded' | 'nobody' | 'refused') => (pacing.failed(dialled), pacing.nextIn());
    expect(pacing.nextIn()).toBe(0);
    pacing.connected();
    expect(pacing.nextIn()).toBe(1000);
    expect([next('nobody'), next('refused'), next('crowded'), next('crowded')]).toEqual([1000, 1000, 2000, 4000]);
    pacing.connected();
    expect(pacing.nextIn()).toBe(1000);
    for (let n = 0; n < 7; n += 1) pacing.failed('crowded');
    expect(pacing.nextIn()).toBe(8000);
    pacing.planned();
    expect(pacing.nextIn()).toBe(0);
  });
});
