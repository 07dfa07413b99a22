import { expect, test } from 'vitest';
import { createThrottle } from './throttle.ts';

test('each key has a burst, then one a second, whatever the others do', () => {
  let now = 0;
  const mayTell = createThrottle(() => now);
  const told = (key: string, times: number) => Array.from({ length: times }, () => mayTell(key)).filter(Boolean).length;
  expect(told('evil', 1000)).toBe(20);
  expect(told('good', 1)).toBe(1);
  now = 2000;
  expect(told('evil', 1000)).toBe(2);
});
