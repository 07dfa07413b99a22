import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { actionTypes } from './cloud/power.ts';
import { Faults } from './cloud/faults.ts';
import { environmentNames } from './config.ts';

test('the README names every fault, action and setting there is', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const names = [...Object.keys(Faults.shape), ...actionTypes, ...environmentNames];
  expect(names.filter((name) => !readme.includes(name))).toEqual([]);
});
