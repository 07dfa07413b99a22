import { ProjectId, type Caller } from '@citrus/contracts';
import { somebody } from '@citrus/kit-testing';
import { describe, expect, test } from 'vitest';
import { anyone, memberOfProject, type RouteDefinition } from '../http/route.ts';
import { entryOf, isAudited, type Asked } from './audited.ts';

const MINE = ProjectId.parse('11111111-1111-4111-8111-111111111111');
const FOREIGN = ProjectId.parse('22222222-2222-4222-8222-222222222222');
const route = (method: RouteDefinition['method'], more: Partial<RouteDefinition> = {}): RouteDefinition => ({ method, path: '/api/servers/:id', summary: '', rule: memberOfProject('viewer'), ...more });
const caller: Caller = somebody({ memberships: [{ projectId: MINE, role: 'viewer' }] });
const asked = (more: Partial<Asked> = {}): Asked => ({ route: route('POST'), caller, projectId: MINE, isAdmitted: true, ...more });
const from = { address: '192.0.2.1', correlationId: 'c-1', params: { id: 'x' } };

describe('what the audit is told', () => {
  test.each([200, 202, 400, 401, 403, 404, 409, 422, 429, 500, 503])('everything that changes something, also when it ended with %i', (status) => expect(isAudited(asked(), { status })).toBe(true));
  test.each([[200, false], [404, false], [503, false], [401, true], [403, true], [429, true]])('of reading what was refused: %i %s', (status, isTold) => expect(isAudited(asked({ route: route('GET') }), { status })).toBe(isTold));
  test('a question that is too long for an address is reading, too', () => {
    const question = asked({ route: route('POST', { changesNothing: true }) });
    expect([200, 409, 403].map((status) => isAudited(question, { status }))).toEqual([false, false, true]);
  });
  test('what auth tells itself is left to auth, unless the hub refused it before', () => {
    const login = route('POST', { rule: anyone('x'), auditedBy: 'auth' });
    expect(isAudited(asked({ route: login }), { status: 401 })).toBe(false);
    expect(isAudited(asked({ route: login, isAdmitted: false }), { status: 403 })).toBe(true);
    expect(isAudited(asked({ route: login }), { status: 429 })).toBe(true);
  });
});

describe('an entry', () => {
  test('says who, from where, what, about what, and how it ended', () =>
    expect(entryOf(asked(), { status: 403, code: 'role.insufficient' }, from)).toEqual({
      action: 'POST /api/servers/:id', outcome: 'refused', code: 'role.insufficient', actor: { kind: 'user', id: caller.userId }, projectId: MINE, target: { id: 'x' }, address: '192.0.2.1', correlationId: 'c-1',
    }));
  test('that nobody knows the end of is failed', () => expect(entryOf(asked(), { status: 503 }, from).outcome).toBe('failed'));
  test('stands in no project that the caller does not belong to', () =>
    expect(entryOf(asked({ projectId: FOREIGN }), { status: 403 }, from)).toMatchObject({ target: { projectId: FOREIGN } }));
  test('of a foreign project has no project of its own', () => expect(entryOf(asked({ projectId: FOREIGN }), { status: 403 }, from)).not.toHaveProperty('projectId'));
  test('of somebody with one project stands in it', () => expect(entryOf(asked({ projectId: undefined }), { status: 202 }, from).projectId).toBe(MINE));
  test('of a stranger names nobody', () => expect(entryOf({ route: route('POST'), isAdmitted: false }, { status: 401 }, { ...from, params: undefined })).toEqual({ action: 'POST /api/servers/:id', outcome: 'refused', address: '192.0.2.1', correlationId: 'c-1' }));
});
