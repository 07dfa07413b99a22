import type { Role } from '@citrus/contracts';
import { afterEach, describe, expect, test } from 'vitest';
import { me } from './me.ts';
import { chooseProject, projectId } from './project.ts';
import { isAdministrator, may } from './rights.ts';

const [SHOP, ORCHARD, OTHER] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222', '33333333-3333-4333-8333-333333333333'];

const signIn = (roles: Readonly<Record<string, Role>>, isAdministrator = false): void => {
  const memberships = Object.entries(roles).map(([projectId, role]) => ({ projectId, role }));
  me.value = { userId: OTHER, name: 'Ada', email: 'ada@example.com', memberships, isAdministrator, signedInBy: 'session', credentialId: OTHER };
};
afterEach(() => { me.value = null; });

describe('the project that is looked at', () => {
  test('is the only one, or the first, until somebody chooses', () => {
    signIn({ [SHOP]: 'viewer', [ORCHARD]: 'owner' });
    expect(projectId.value).toBe(SHOP);
    chooseProject(ORCHARD);
    expect(projectId.value).toBe(ORCHARD);
  });

  test('is another one as soon as somebody is out of it, and none for somebody in none', () => {
    signIn({ [SHOP]: 'viewer', [ORCHARD]: 'owner' });
    chooseProject(ORCHARD);
    signIn({ [SHOP]: 'viewer' });
    expect(projectId.value).toBe(SHOP);
    signIn({});
    expect(projectId.value).toBeUndefined();
  });

  test('cannot be one that somebody is not in, whatever an address names', () => {
    signIn({ [SHOP]: 'viewer' });
    chooseProject(OTHER);
    expect(projectId.value).toBe(SHOP);
  });
});

describe('what is offered', () => {
  test('follows the role in the project that is looked at', () => {
    signIn({ [SHOP]: 'viewer', [ORCHARD]: 'owner' });
    chooseProject(SHOP);
    expect([may('viewer'), may('operator')]).toEqual([true, false]);
    chooseProject(ORCHARD);
    expect(may('owner')).toBe(true);
  });

  test('to administrators in a project is no more than their role there', () => {
    signIn({ [SHOP]: 'viewer' }, true);
    expect([isAdministrator(), may('operator')]).toEqual([true, false]);
  });

  test('to nobody is nothing', () => expect([may('analyst'), isAdministrator()]).toEqual([false, false]));
});
