import { describe, expect, test } from 'vitest';
import { act, backups, cancel, list, listSnapshots, maintenance, protect, rebuild, resize, restore, tag } from './servers.ts';
import { stageFor } from '../testing/stage.ts';

const [ID, ACTION] = ['44444444-4444-4444-8444-444444444444', '55555555-5555-4555-8555-555555555555'];
const AT = '2026-11-23T09:00:00.000Z';
const server = {
  id: ID, projectId: ID, name: 'web-7', status: 'active', region: 'sfo3', size: 's-1', image: 'debian', tags: [], dropletRef: '7', ipAddress: '192.0.2.7', agentId: null, note: null, createdAt: AT, updatedAt: AT,
  power: 'off', action: { id: ACTION, type: 'resize', since: AT, note: null }, maintenance: { since: AT, reason: null }, isProtected: true,
};
const asked = { id: ACTION, serverId: ID, action: { type: 'reboot' }, status: 'requested', note: 'Waiting for the cloud.', requestedBy: ID, snapshotRef: null, requestedAt: AT, startedAt: null, endedAt: null };
const snapshot = { ref: '118', name: 'nightly', kind: 'snapshot', createdAt: AT, sizeGigabytes: 2 };
const wait = { wait: true } as const;

const stage = (...ends: object[]) => {
  const notes: string[] = [];
  const { sent, lines: { out }, ...parts } = stageFor(({ path, method }) => {
    if (path === '/api/servers') return { items: [server], nextCursor: null };
    if (path.endsWith('/snapshots')) return { items: [snapshot], nextCursor: null };
    if (path.endsWith('/protection') || path.endsWith('/maintenance')) return server;
    return method ? asked : { ...asked, ...ends.shift() };
  });
  const progress = () => ({ at: (_done: number, _total?: number, note = '') => void notes.push(note), end: () => undefined });
  return { parts: { ...parts, progress, everyMs: 1 }, sent, out, notes };
};

describe('an action', () => {
  test('is asked for once, waited for and told', async () => {
    const { parts, sent, out, notes } = stage({ status: 'running', note: 'The cloud is at it.' }, { status: 'succeeded', note: null, endedAt: AT });
    await act('web-7', { type: 'reboot' }, wait, parts);
    expect(sent).toMatchObject([{ method: 'POST', path: `/api/servers/${ID}/actions`, body: { type: 'reboot' }, headers: { 'idempotency-key': expect.any(String) } }]);
    expect(notes).toEqual(['Waiting for the cloud.', 'The cloud is at it.']);
    expect(out).toEqual(['web-7: reboot succeeded']);
  });
  test('that failed ends the command with its reason', async () => {
    const { parts } = stage({ status: 'failed', note: 'Its system ignores the request.', endedAt: AT });
    await expect(act('web-7', { type: 'shutdown' }, wait, parts)).rejects.toMatchObject({ exit: 1, code: 'action.failed', message: 'web-7: reboot failed. Its system ignores the request.' });
  });
  test('is not waited for when nobody wants to', async () => {
    const { parts, out } = stage();
    await act('web-7', { type: 'reboot' }, { wait: false, json: true }, parts);
    expect(JSON.parse(out[0] ?? '')).toMatchObject({ id: ACTION, status: 'requested' });
  });
  test('of an unknown server, or with another word than on and off, asks for nothing', async () => {
    const { parts, sent } = stage();
    await expect(act('web-8', { type: 'reboot' }, wait, parts)).rejects.toMatchObject({ code: 'server.not_found' });
    await expect(backups('web-7', 'perhaps', wait, parts)).rejects.toThrow('perhaps is neither on nor off');
    await expect(maintenance('web-7', 'perhaps', {}, parts)).rejects.toThrow('perhaps is neither on nor off');
    expect(sent).toEqual([]);
  });
});

describe('what cannot be taken back', () => {
  test('is asked about, and a script says --yes', async () => {
    const { parts, sent } = stage({ endedAt: AT }, { endedAt: AT }, { endedAt: AT });
    await expect(rebuild('web-7', { image: 'debian-12-x64', ...wait }, parts)).rejects.toMatchObject({ exit: 2 });
    await expect(restore('web-7', 'nightly', wait, parts)).rejects.toMatchObject({ exit: 2 });
    await expect(resize('web-7', { size: 's-2', withDisk: true, ...wait }, parts)).rejects.toMatchObject({ exit: 2 });
    await expect(restore('web-7', 'weekly', { yes: true, ...wait }, parts)).rejects.toMatchObject({ code: 'snapshot.unknown' });
    expect(sent).toEqual([]);
    await rebuild('web-7', { image: 'debian-12-x64', yes: true, ...wait }, parts);
    await restore('web-7', 'nightly', { yes: true, ...wait }, parts);
    await resize('web-7', { size: 's-2', ...wait }, parts);
    expect(sent.map(({ path, body }) => [path.slice(ID.length + 13), body])).toEqual([
      ['/rebuild', { image: 'debian-12-x64' }], ['/restore', { snapshotRef: '118' }], ['/actions', { type: 'resize', size: 's-2', withDisk: false }],
    ]);
  });
});

test('tags are written like labels: a dash behind one takes it off', async () => {
  const { parts, sent } = stage();
  await tag('web-7', ['shop', '+odd-', 'canary-'], { wait: false }, parts);
  expect(sent.map(({ body }) => body)).toEqual([{ type: 'tag', add: ['shop', 'odd-'], remove: ['canary'] }]);
});

test('servers and snapshots are listed with what is being done', async () => {
  const { parts, out } = stage();
  await list({}, parts);
  expect(out[0]).toContain('active, off, resize since 09:00 UTC, in maintenance');
  expect(out[0]).toContain('protected');
  await listSnapshots('web-7', {}, parts);
  expect(out[1]).toMatch(/118 +nightly +snapshot +2026-11-23 09:00 UTC +2 GB/);
});

test('protection, maintenance and cancelling are one word each', async () => {
  const { parts, sent, out } = stage();
  await protect(ID, {}, parts);
  await protect(ID, { off: true }, parts);
  await maintenance(ID, 'on', { reason: 'a new disk' }, parts);
  await cancel(ID, {}, parts);
  expect(sent.map(({ method, path, body }) => [method, path.slice(ID.length + 13), body])).toEqual([
    ['POST', '/protection', { isProtected: true }], ['POST', '/protection', { isProtected: false }], ['POST', '/maintenance', { isOn: true, reason: 'a new disk' }], ['DELETE', `/actions/${ACTION}`, undefined],
  ]);
  expect(out[0]).toBe('web-7 is protected: it is neither deleted nor is its disk written anew');
});
