import { describe, expect, test } from 'vitest';
import { Faults, Weather } from './faults.ts';

const weather = (faults: object) => {
  const made = new Weather(undefined, () => {});
  made.set(Faults.parse(faults));
  return made;
};

describe('a fault', () => {
  test('strikes as often as it says', () => {
    const stormy = weather({ vanish: { times: 2, afterMs: 5 } });
    expect([1, 2, 3].map(() => stormy.strikes('vanish', {})?.afterMs)).toEqual([5, 5, undefined]);
  });

  test('strikes only what it is meant for', () => {
    const stormy = weather({ serverError: { method: 'POST', path: '/v2/droplets', status: 503 }, neverBoots: { name: '^ghost-' } });
    expect(stormy.strikes('serverError', { method: 'GET', path: '/v2/droplets' })).toBeUndefined();
    expect(stormy.strikes('serverError', { method: 'POST', path: '/v2/droplets' })?.status).toBe(503);
    expect(stormy.strikes('neverBoots', { name: 'web' })).toBeUndefined();
    expect(stormy.strikes('neverBoots', { name: 'ghost-1' })).toBeDefined();
  });

  test('strikes by chance, the same for the same seed', () => {
    const series = () => {
      const stormy = weather({ seed: 7, lostAnswer: { probability: 0.5 } });
      return Array.from({ length: 40 }, () => stormy.strikes('lostAnswer', {}) !== undefined);
    };
    expect(series()).toEqual(series());
    expect(new Set(series()).size).toBe(2);
  });

  test('with a typo is refused', () => {
    expect(Faults.safeParse({ listLag: 5 }).success).toBe(false);
    expect(Faults.safeParse({ vanish: { name: '(' } }).success).toBe(false);
  });
});
