import { describe, expect, test } from 'vitest';
import { isAtLeast, rolesToGive } from './rights.ts';

describe('a role', () => {
  test('contains the ones below it', () => {
    expect(isAtLeast('operator', 'viewer')).toBe(true);
    expect(isAtLeast('operator', 'operator')).toBe(true);
    expect(isAtLeast('viewer', 'operator')).toBe(false);
    expect(isAtLeast(undefined, 'analyst')).toBe(false);
  });

  test('can be given by admins up to their own', () => {
    expect(rolesToGive('owner')).toEqual(['analyst', 'viewer', 'operator', 'admin', 'owner']);
    expect(rolesToGive('admin')).toEqual(['analyst', 'viewer', 'operator', 'admin']);
    expect(rolesToGive('operator')).toEqual([]);
    expect(rolesToGive(undefined)).toEqual([]);
  });
});
