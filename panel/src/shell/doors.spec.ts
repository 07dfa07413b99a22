/** Every room has a door, and every door a key of its own. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Me } from '../api/types.ts';
import { me } from '../session/me.ts';
import { ACCOUNT, openRooms } from './doors.ts';

const signedIn = (role: Me['memberships'][number]['role'], isAdministrator: boolean): void => {
  me.value = { userId: 'u', name: 'Ann', isAdministrator, memberships: [{ projectId: 'p', role }] } as unknown as Me;
};

test('every room that the shell knows has a door for its owner, and no two doors share a key', () => {
  signedIn('owner', true);
  const doors = [...openRooms(), ACCOUNT];
  const shell = readFileSync(new URL('./shell.tsx', import.meta.url), 'utf8');
  const rooms = new Set([...shell.matchAll(/<Route path="(\/[a-z]+)/g)].map(([, room]) => room));
  expect(rooms.size).toBeGreaterThan(10);
  expect(doors.map(({ href }) => href).toSorted()).toEqual([...rooms].toSorted());
  expect(new Set(doors.map(({ key }) => key)).size).toBe(doors.length);
});

test('somebody who only looks is led to no room that is closed to them', () => {
  signedIn('viewer', false);
  expect(openRooms().map(({ href }) => href)).toEqual(['/servers', '/groups', '/bundles', '/jobs', '/runs', '/events', '/people']);
});
