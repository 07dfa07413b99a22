import { GroupTemplate } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';
import { changeGroup, createGroup, deleteGroup, listGroups, setGroup, showGroup } from './groups.ts';
import { stageFor, whatOf } from '../testing/stage.ts';

const [ID, PROJECT, SERVER] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222', '33333333-3333-4333-8333-333333333333'];
const at = '2026-11-21T09:00:00.000Z';
const policy = { metric: 'cpu', outAbove: 70, inBelow: 25, forMinutes: 5, coolDownMinutes: 10 };
const shop = {
  id: ID, projectId: PROJECT, name: 'shop', status: 'active', isPaused: false, isStalled: false, min: 1, max: 4, target: 2, template: GroupTemplate.parse({ region: 'sfo3' }), policy,
  members: [{ serverId: SERVER, name: 'shop-1', status: 'active', isReleased: false, requestedAt: at }, { serverId: ID, name: 'shop-2', status: null, isReleased: false, requestedAt: at }],
  load: { at, percent: null, note: 'The metrics service does not answer. The group stays as it is.' }, note: '\u001b[2JFull.', createdAt: at, updatedAt: at,
};

const stage = () => {
  const { calls, lines: { out }, ...io } = stageFor((call) => (whatOf(call) === 'GET /api/groups' ? { items: [shop, { ...shop, id: PROJECT, name: 'other' }], nextCursor: null } : shop));
  return { io, asked: () => calls.map((call) => ({ what: whatOf(call), ...(call.body && { body: call.body }), ...(call.query && { query: call.query }) })), out };
};

describe('server groups', () => {
  test('are listed for people and for programs', async () => {
    const { io, out } = stage();
    await listGroups({}, io);
    await listGroups({ json: true }, io);
    expect(out[0]).toContain('shop   active  1/2     1-4     cpu >70 % +1, <25 % -1, in 5 min  \\u001b[2JFull.');
    expect(JSON.parse(out[1] ?? '')).toMatchObject({ items: [{ name: 'shop' }, { name: 'other' }] });
  });
  test('are shown with their servers and what the rule found', async () => {
    const { io, out } = stage();
    await showGroup('shop', {}, io);
    expect(out.join('\n')).toContain('load: The metrics service does not answer. The group stays as it is.');
    expect(out.join('\n')).toContain(`shop-2  asked for  2026-11-21 09:00  ${ID}`);
  });
  test('are made with what was said and nothing else', async () => {
    const { io, asked } = stage();
    await createGroup('shop', { min: 2, metric: 'memory', size: 's-2' }, io);
    expect(asked()).toEqual([{ what: 'POST /api/groups', body: { name: 'shop', min: 2, policy: { metric: 'memory' }, template: { size: 's-2' } } }]);
  });
  test('are changed where something was said; the rest of a rule and of a template stays', async () => {
    const { io, asked, out } = stage();
    await changeGroup('shop', { outAbove: 80, size: 's-2' }, io);
    expect(asked().at(-1)).toEqual({ what: `POST /api/groups/${ID}/change`, body: { policy: { ...policy, outAbove: 80 }, template: { ...shop.template, size: 's-2' } } });
    await changeGroup(ID, { rule: false }, io);
    expect(asked().at(-1)?.body).toEqual({ policy: null });
    await expect(changeGroup('shop', {}, io)).rejects.toMatchObject({ code: 'usage.invalid' });
    await expect(changeGroup('nothing', { target: 1 }, io)).rejects.toMatchObject({ code: 'group.unknown' });
    expect(out[0]).toBe('shop is to have 2 servers, between 1 and 4.');
  });
  test('are paused, resumed, and deleted only when it is meant', async () => {
    const { io, asked } = stage();
    await setGroup('shop', 'pause', {}, io);
    expect(asked().at(-1)?.what).toBe(`POST /api/groups/${ID}/pause`);
    await expect(deleteGroup('shop', {}, io)).rejects.toMatchObject({ code: 'usage.invalid' });
    await deleteGroup('shop', { keepServers: true }, io);
    expect(asked().at(-1)).toEqual({ what: `DELETE /api/groups/${ID}`, query: { keepsServers: 'true' } });
  });
});
