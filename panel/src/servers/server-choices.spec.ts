import { expect, test } from 'vitest';
import { memoryOfSize, suggestName } from './server-choices.ts';

test('suggests a name that is free', () => {
  expect(suggestName([], 0)).toBe('bergamot');
  expect(suggestName(['bergamot'], 0)).toBe('calamansi');
});

test('counts on when every fruit is taken', () => {
  const taken: string[] = [];
  for (let count = 0; count < 20; count += 1) taken.push(suggestName(taken, 0.5));
  expect(new Set(taken).size).toBe(20);
  expect(taken.at(-1)).toMatch(/^[a-z]+-2$/);
});

test('reads the memory in a size’s name', () => {
  expect(['s-1vcpu-512mb-10gb', 's-2vcpu-4gb', 'g-special'].map(memoryOfSize)).toEqual([512 * 1_048_576, 4 * 1_073_741_824, undefined]);
});
