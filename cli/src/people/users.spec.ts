import { expect, test } from 'vitest';
import { changePassword, endSession, listSessions } from '../session/own-sessions.ts';
import { stageFor, whatOf } from '../testing/stage.ts';
import { forget, listUsers, setAdministrator, signOut } from './users.ts';

const ID = '0198c0de-0000-7000-8000-000000000001';
const AT = '2026-11-22T03:00:00.000Z';
const ada = { userId: ID, name: 'Ada', email: 'ada@example.com', isAdministrator: false, memberships: [], createdAt: AT };
const session = { id: ID, address: '203.0.113.7', startedAt: AT, lastUsedAt: AT, expiresAt: AT, isCurrent: false };
const me = { userId: ID, name: 'Ada', email: 'ada@example.com', isAdministrator: false, memberships: [], signedInBy: 'session', credentialId: ID };
const hub = () =>
  stageFor(({ path, method }) => {
    if (path === '/api/users') return { items: [ada], nextCursor: null };
    if (path === '/api/auth/me') return me;
    if (path === '/api/auth/sessions') return { items: [session], nextCursor: null };
    if (path.endsWith('/administrator')) return { userId: ID, isAdministrator: method === 'POST' };
    return path.endsWith('/personal-data') ? { userId: ID, erasedAt: AT } : { ended: 2 };
  });

test('an administrator is made and unmade by name, and asked before', async () => {
  const stage = hub();
  await expect(setAdministrator('ada@example.com', {}, stage)).rejects.toMatchObject({ exit: 2 });
  await setAdministrator('ADA@example.com', { yes: true }, stage);
  await setAdministrator(ID, { yes: true, off: true }, stage);
  await signOut('ada@example.com', { yes: true }, stage);
  expect(stage.sent.map(whatOf)).toEqual([`POST /api/users/${ID}/administrator`, `DELETE /api/users/${ID}/administrator`, `POST /api/users/${ID}/sign-out`]);
  expect(stage.lines.out).toEqual(['ada@example.com is an administrator now.', 'ada@example.com is no administrator any more.', '2 sessions of ada@example.com ended.']);
});

test('who is no administrator may have himself forgotten, without looking anybody up', async () => {
  const stage = hub();
  await forget('ada@example.com', { yes: true }, stage);
  expect(stage.calls.map(whatOf)).toEqual(['GET /api/auth/me', `DELETE /api/users/${ID}/personal-data`]);
});

test('lists', async () => {
  const stage = hub();
  await listUsers({ json: true }, stage);
  await listSessions({}, stage);
  expect(JSON.parse(stage.lines.out[0]!)).toMatchObject({ items: [{ email: 'ada@example.com' }] });
  expect(stage.lines.out[1]).toContain('203.0.113.7');
});

test('a session is ended by the beginning of its id; an unknown one is told with what to do', async () => {
  const stage = hub();
  await endSession('0198c0de', {}, stage);
  expect(stage.sent.map(whatOf)).toEqual([`DELETE /api/auth/sessions/${ID}`]);
  await expect(endSession('f', {}, stage)).rejects.toMatchObject({ advice: 'See which you have: citrus sessions' });
});

test('a password is never shown, and a missing one changes nothing', async () => {
  const stage = hub();
  await expect(changePassword({}, { ...stage, given: ['old', ''] })).rejects.toMatchObject({ exit: 2 });
  expect(stage.sent).toEqual([]);
  await changePassword({}, { ...stage, given: ['old secret', 'new secret'] });
  expect(stage.lines.out).toEqual(['Your password is changed; 2 other sessions ended.']);
});
