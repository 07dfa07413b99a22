import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTimeZone, nextAfter, parseCron } from './cron.ts';

const next = (cron: string, timeZone: string, after: string) => nextAfter({ cron, timeZone }, after);

describe('the next time', () => {
  test.each([
    ['*/15 * * * *', 'UTC', '2026-11-21T10:07:00.000Z', '2026-11-21T10:15:00.000Z'],
    ['0 3 * * *', 'Europe/Berlin', '2026-11-21T10:00:00.000Z', '2026-11-22T02:00:00.000Z'],
    ['30 4 1 * *', 'Asia/Kolkata', '2026-11-21T10:00:00.000Z', '2026-11-30T23:00:00.000Z'],
    ['0 9 * * mon-fri', 'America/New_York', '2026-11-20T15:00:00.000Z', '2026-11-23T14:00:00.000Z'],
    ['0 0 13 * fri', 'UTC', '2026-11-21T00:00:00.000Z', '2026-11-27T00:00:00.000Z'],
    ['0 0 * * 7', 'UTC', '2026-11-21T00:00:00.000Z', '2026-11-22T00:00:00.000Z'],
    ['0 12 29 feb *', 'UTC', '2026-11-21T00:00:00.000Z', '2028-02-29T12:00:00.000Z'],
    ['0 0 1 1 *', 'UTC', '2026-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
  ])('of %s in %s after %s', (cron, zone, after, expected) => expect(next(cron, zone, after)).toBe(expected));

  test('that the clock jumps over comes as much later', () => expect(next('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00.000Z')).toBe('2026-03-29T01:30:00.000Z'));
  test('that the clock shows twice comes once', () => {
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00.000Z')).toBe('2026-10-25T00:30:00.000Z');
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-10-25T00:30:00.000Z')).toBe('2026-10-26T01:30:00.000Z');
  });
  test('of every hour comes in each of them', () => {
    expect(next('0 * * * *', 'Europe/Berlin', '2026-10-25T00:00:00.000Z')).toBe('2026-10-25T01:00:00.000Z');
    expect(next('30 * * * *', 'Europe/Berlin', '2026-03-29T00:30:00.000Z')).toBe('2026-03-29T01:30:00.000Z');
  });
  test('is found in no time on a day on which the clock changes, also where every minute is meant', () => {
    const began = performance.now();
    for (let [due, count] = ['2026-10-24T22:00:00.000Z' as string | undefined, 0]; count < 500; count += 1, due = next('* * * * *', 'Europe/Berlin', due!)) expect(due).toBe(new Date(Date.parse('2026-10-24T22:00:00.000Z') + count * 60_000).toISOString());
    expect(performance.now() - began).toBeLessThan(30_000);
  });
  test('never comes on a day that there is not', () => expect(next('0 0 30 2 *', 'UTC', '2026-11-21T00:00:00.000Z')).toBeUndefined());

  const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/Havana'];
  const list = (from: number, to: number) => fc.oneof(fc.constant('*'), fc.integer({ min: from, max: to }).map(String), fc.integer({ min: 2, max: 20 }).map((step) => `*/${step}`));
  test('is the first minute that fits, as whoever looks at every minute would find it', () => {
    fc.assert(fc.property(list(0, 59), list(0, 23), fc.constantFrom(...zones), fc.tuple(fc.constantFrom('2026-03-28', '2026-10-24', '2026-10-31', '2026-06-10', '2026-04-04'), fc.integer({ min: 0, max: 1439 })), (minute, hour, zone, [day, start]) => {
      const after = Date.parse(`${day}T00:00:00.000Z`) + start * 60_000;
      const found = next(`${minute} ${hour} * * *`, zone, new Date(after).toISOString());
      const { minutes, hours } = parseCron(`${minute} ${hour} * * *`);
      const clock = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', hour: 'numeric', minute: 'numeric' });
      const fits = (instant: number): boolean => {
        const [h, m] = clock.format(instant).split(':').map(Number);
        return hours.includes(h!) && minutes.includes(m!);
      };
      const at = Date.parse(found!);
      expect(at).toBeGreaterThan(after);
      for (let instant = after + 60_000; instant < at; instant += 60_000) {
        // The second showing of a doubled hour is none of its own.
        if (fits(instant)) expect([30, 60].some((gap) => fits(instant - gap * 60_000)), new Date(instant).toISOString()).toBe(true);
      }
    }), { numRuns: 150 });
  });
});

test.each(['', '* * * *', '* * * * * *', '60 * * * *', '* 24 * * *', '* * 0 * *', '*/0 * * * *', '5-1 * * * *', 'a * * * *', '* * * * ; id', '1,,2 * * * *', '* * * foo *'])('%s is refused', (text) => expect(() => parseCron(text)).toThrow());
test('a time zone is one of those that there are', () => {
  expect(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires'].map(isTimeZone)).toEqual([true, true, true]);
  expect(['', 'Mars/Base', '../etc', '; id', '+02:00'].map(isTimeZone)).toEqual([false, false, false, false, false]);
});
test('however a time zone is written, it takes memory once', () => {
  const spellings = Array.from({ length: 8000 }, (_, number) => [...'australia/broken_hill'].map((letter, index) => ((number >> index) & 1 ? letter.toUpperCase() : letter)).join(''));
  const before = process.memoryUsage().rss;
  const areZones = spellings.every((zone) => isTimeZone(zone));
  const grownBytes = process.memoryUsage().rss - before;
  expect(areZones).toBe(true);
  expect(grownBytes).toBeLessThan(60_000_000);
});
