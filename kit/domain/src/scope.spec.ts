import { expect, test } from 'vitest';
import { Forbidden } from './errors.ts';
import { internalScope, isWithin, projectScope, type Scope } from './scope.ts';

const caller = { memberships: [{ projectId: 'a' }, { projectId: 'b' }] };

test('a member sees one project', () => {
  const scope = projectScope(caller, 'a');
  expect(['a', 'b', 'c'].map((projectId) => isWithin(scope, projectId))).toEqual([true, false, false]);
});

test('T403. nobody has a scope in a project of others', () => {
  expect(() => projectScope(caller, 'c')).toThrow(Forbidden);
  expect(() => projectScope(undefined, 'a')).toThrow(Forbidden);
});

test('our own work sees all', () => expect(isWithin(internalScope('a test'), 'x')).toBe(true));

test('a scope cannot be written down', () => {
  // @ts-expect-error the brand is missing
  const forged: Scope = { kind: 'project', projectId: 'a' };
  expect(forged).toBeDefined();
});
