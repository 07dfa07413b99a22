import { expect, test } from 'vitest';
import { readOfficial } from '../conformance/document.ts';
import { scopedOperations, scopesOf } from './scopes.ts';

const anyName = (operation: string) => operation.replaceAll(/\{[^}]+\}|:[a-z]+/g, '*');

test('the scopes are those of the official document, and every operation of it has some', () => {
  const official = Object.entries(readOfficial().operations).map(([name, { scopes }]) => [anyName(name), scopes.filter((scope) => !scope.startsWith('block_storage'))]);
  const ours = scopedOperations.map((name) => [anyName(name), scopesOf(...(name.split(' ') as [string, string]))]);
  expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(official));
});
