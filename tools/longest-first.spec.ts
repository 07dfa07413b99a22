import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { longestFirst, SECONDS } from './longest-first.ts';

test('the files that take long are there', () => {
  expect(Object.keys(SECONDS).filter((file) => !existsSync(fileURLToPath(new URL(`../${file}`, import.meta.url))))).toEqual([]);
});

test('the longest comes first, and what is not known stays in its order behind', () => {
  const seconds: Record<string, number> = { middle: 20, longest: 30 };
  expect(longestFirst(['b', 'middle', 'a', 'longest', 'c'], (file) => seconds[file])).toEqual(['longest', 'middle', 'b', 'a', 'c']);
});
