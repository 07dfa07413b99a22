import { describe, expect, test } from 'vitest';
import { invite, uninvite } from './invitations.ts';
import { changeRole, listPeople, removePerson } from './people.ts';
import { recover } from './recover.ts';
import { stageFor, whatOf } from '../testing/stage.ts';

const [ADA, BOB, OTHER] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222', '33333333-3333-4333-8333-333333333333'];
const EVE = '44444444-4444-4444-8444-444444444444';
const eve = { userId: EVE, name: '\u001b]0;owned\u0007\u001b[2JEve', email: 'eve@example.com', role: 'viewer' };
const members = [
  { userId: ADA, name: 'Ada', email: 'ada@example.com', role: 'owner' },
  { userId: BOB, name: 'Bob', email: 'bob@example.com', role: 'viewer' },
  { userId: OTHER, name: 'Bob', email: 'bob@elsewhere.example', role: 'viewer' },
];
const invitation = { id: OTHER, projectId: ADA, role: 'viewer', email: 'eve@example.com', status: 'pending', invitedBy: ADA, invitedAt: '2026-11-21T09:00:00.000Z', expiresAt: '2026-11-28T09:00:00.000Z', acceptedBy: null };
const me = { userId: ADA, name: 'Ada', email: 'ada@example.com', memberships: [], isAdministrator: false, signedInBy: 'session', credentialId: ADA };

const REPLIES: Readonly<Record<string, unknown>> = {
  'GET /api/members': { items: members, nextCursor: null },
  'GET /api/auth/me': me,
  'GET /api/invitations': { items: [invitation, { ...invitation, id: BOB, status: 'accepted', email: null }], nextCursor: null },
  'POST /api/invitations': { invitation, link: 'https://citrus.example.com/join#token' },
  [`DELETE /api/invitations/${OTHER}`]: { ...invitation, status: 'revoked', email: null },
  [`POST /api/members/${BOB}/role`]: { ...members[1], role: 'admin' },
  [`POST /api/members/${EVE}/role`]: { ...eve, role: 'admin' },
  [`DELETE /api/members/${EVE}`]: { projectId: ADA, userId: EVE },
  [`DELETE /api/members/${BOB}`]: { projectId: ADA, userId: BOB },
};

const stage = (replies: Readonly<Record<string, unknown>> = REPLIES) => {
  const { api, terminal, calls, lines } = stageFor((call) => replies[whatOf(call)]);
  return { api, terminal, asked: () => calls.map(whatOf), lines };
};

describe('people', () => {
  test('are listed for people and for programs', async () => {
    const { api, terminal, lines } = stage();
    await listPeople({}, api, terminal);
    await listPeople({ json: true }, api, terminal);
    expect(lines.out[0]).toContain('Ada   ada@example.com        owner');
    expect(JSON.parse(lines.out[1] ?? '')).toEqual({ items: members });
  });

  test('are found by address or id, and by a name that only one has', async () => {
    const { api, terminal, lines } = stage();
    await changeRole('BOB@example.com', 'admin', {}, { api, terminal });
    await changeRole(BOB, 'admin', {}, { api, terminal });
    expect(lines.out).toEqual(['Bob is admin now; before: viewer.', 'Bob is admin now; before: viewer.']);
    await expect(changeRole('bob', 'admin', {}, { api, terminal })).rejects.toThrow('more than one is called bob');
    await expect(changeRole('eve', 'admin', {}, { api, terminal })).rejects.toMatchObject({ code: 'member.unknown', exit: 1 });
  });

  test('tell a terminal nothing by what they call themselves', async () => {
    const { api, terminal, lines } = stage({ ...REPLIES, 'GET /api/members': { items: [...members, eve], nextCursor: null } });
    await changeRole(EVE, 'admin', {}, { api, terminal });
    await removePerson(EVE, { yes: true }, { api, terminal });
    const name = String.raw`\u001b]0;owned\u0007\u001b[2JEve`;
    expect(lines.out).toEqual([`${name} is admin now; before: viewer.`, `${name} is out.`]);
  });

  test('have roles that there are, and nothing is asked before that is sure', async () => {
    const { api, terminal, asked } = stage();
    await expect(changeRole('ada', 'king', {}, { api, terminal })).rejects.toMatchObject({ exit: 2 });
    await expect(invite('eve@example.com', { role: 'king' }, api, terminal)).rejects.toMatchObject({ exit: 2 });
    expect(asked()).toEqual([]);
  });

  test('are not removed by a script that does not say that it means it', async () => {
    const { api, terminal, asked, lines } = stage();
    await expect(removePerson('bob@example.com', {}, { api, terminal })).rejects.toMatchObject({ exit: 2 });
    expect(asked().filter((call) => call.startsWith('DELETE'))).toEqual([]);
    await removePerson('bob@example.com', { yes: true }, { api, terminal });
    expect(lines.out).toEqual(['Bob is out.']);
  });
});

describe('an invitation', () => {
  test('is a link alone on stdout, with what it is beside it', async () => {
    const { api, terminal, lines } = stage();
    await invite('eve@example.com', { role: 'viewer' }, api, terminal);
    expect(lines.out).toEqual(['https://citrus.example.com/join#token']);
    expect(lines.note.join('')).toContain('it is good once, until 2026-11-28 09:00 UTC');
  });

  test('is taken back by the address, while it is open', async () => {
    const { api, terminal, lines } = stage();
    await uninvite('eve@example.com', {}, api, terminal);
    expect(lines.out).toEqual(['The invitation of eve@example.com is void.']);
    await expect(uninvite('ada@example.com', {}, api, terminal)).rejects.toMatchObject({ code: 'invitation.unknown' });
  });
});

describe('the recovery of an account', () => {
  const user = { userId: BOB, name: 'Bob', email: 'bob@example.com', isAdministrator: false, memberships: [], createdAt: '2026-11-21T09:00:00.000Z' };
  const made = { userId: BOB, link: 'https://citrus.example.com/recover#token', expiresAt: '2026-11-21T10:00:00.000Z' };
  const replies = { 'GET /api/users': { items: [user], nextCursor: null }, [`POST /api/users/${BOB}/recovery`]: made };
  test('puts the link alone on stdout, for an address or an id', async () => {
    const { api, terminal, lines, asked } = stage(replies);
    await recover('BOB@example.com', {}, api, terminal);
    await recover(BOB, { json: true }, api, terminal);
    expect(lines.out[0]).toBe(made.link);
    expect(JSON.parse(lines.out[1] ?? '')).toEqual(made);
    expect(lines.note[0]).toContain('good once, until 2026-11-21 10:00 UTC');
    await expect(recover('nobody@example.com', {}, api, terminal)).rejects.toMatchObject({ code: 'user.unknown', exit: 1 });
    expect(asked().filter((call) => call.startsWith('POST'))).toHaveLength(2);
  });
});
