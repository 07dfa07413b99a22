import { describe, expect, test } from 'vitest';
import type { Call } from '../api/http.ts';
import { CliFailure, EXIT } from '../failure.ts';
import { wordsOnInterrupt } from '../output/meanwhile.ts';
import { stageFor, whatOf } from '../testing/stage.ts';
import { create, remove, retry, show, watch } from './lifecycle.ts';

const ID = '0198c0de-0000-7000-8000-000000000001';
const AT = '2026-11-22T03:00:00.000Z';
const server = (changes: object = {}) => ({
  id: ID, projectId: ID, name: 'web-1', status: 'active', region: 'sfo3', size: 's-1', image: 'debian', tags: ['citrus-host'], dropletRef: '1', ipAddress: '10.0.0.2', agentId: null, note: null, createdAt: AT, updatedAt: AT, ...changes,
});
const DEFAULTS = { tag: [], sshKey: [], ipv6: true, monitoring: true, wait: true } as const;

/** A hub that has these servers, and answers one after the other for the one that is asked about. */
const hub = (answers: readonly object[], existing: readonly object[] = [server()]) => {
  const left = [...answers];
  const stage = stageFor((call: Call) => (call.path === '/api/servers' && !call.method ? { items: existing, nextCursor: null } : left.length > 1 ? left.shift() : left[0]));
  return { ...stage, parts: { api: stage.api, terminal: stage.terminal, everyMs: 1 } };
};

describe('making a server', () => {
  test('waits until it is active', async () => {
    const { parts, lines, sent } = hub([server({ status: 'creating' }), server({ status: 'initializing', note: 'it boots' }), server()], []);
    await create('web-1', DEFAULTS, parts);
    expect(sent.map(whatOf)).toEqual(['POST /api/servers']);
    expect(sent[0]?.body).toEqual({ name: 'web-1', tags: ['citrus-host'], sshKeys: [], backups: false, ipv6: true, monitoring: true });
    expect(lines.out).toEqual(['web-1 is active at 10.0.0.2.']);
  });

  test('does not wait when told so, and gives a script its id', async () => {
    const { parts, lines, calls } = hub([server({ status: 'creating' })], []);
    await create('web-1', { ...DEFAULTS, wait: false, json: true }, parts);
    expect(JSON.parse(lines.out[0]!)).toMatchObject({ id: ID, status: 'creating' });
    expect(calls).toHaveLength(2);
  });

  test('says what goes on without it while it waits', async () => {
    const seen: (string | undefined)[] = [];
    const stage = stageFor((call) => {
      if (call.path === `/api/servers/${ID}`) seen.push(wordsOnInterrupt());
      return call.path === '/api/servers' && !call.method ? { items: [], nextCursor: null } : call.method ? server({ status: 'creating' }) : server();
    });
    await create('web-1', DEFAULTS, { api: stage.api, terminal: stage.terminal, everyMs: 1 });
    expect(seen[0]).toContain('citrus servers delete web-1');
    expect(wordsOnInterrupt()).toBeUndefined();
  });

  test('fails with the reason and what to do', async () => {
    const { parts } = hub([server({ status: 'failed', note: 'no such size' })], []);
    await expect(create('web-1', DEFAULTS, parts)).rejects.toMatchObject({ exit: EXIT.failed, code: 'server.failed', message: 'web-1 has failed: no such size', advice: expect.stringContaining('citrus servers retry web-1') });
  });

  test.each([['Web_1', {}, 'name'], ['web-1', { tag: ['a b'] }, 'tags'], ['web-1', { vpc: 'x' }, 'vpcId']])('%s %j is refused before anything is asked for', async (name, options, field) => {
    const { parts, sent } = hub([server()], []);
    await expect(create(name, { ...DEFAULTS, ...options }, parts)).rejects.toMatchObject({ exit: EXIT.usage, message: expect.stringMatching(new RegExp(`^${field} `)) });
    expect(sent).toEqual([]);
  });

  test('of a name that is taken is refused: nobody could say which one is meant', async () => {
    const { parts, sent } = hub([server()]);
    await expect(create('web-1', DEFAULTS, parts)).rejects.toMatchObject({ code: 'server.name_taken' });
    expect(sent).toEqual([]);
  });
});

describe('a server that is there', () => {
  test('is deleted once that is meant, and gone when the hub knows it no more', async () => {
    const { parts, sent } = hub([server()]);
    await expect(remove('web-1', { wait: true }, parts)).rejects.toMatchObject({ exit: EXIT.usage });
    expect(sent).toEqual([]);
    const gone = stageFor((call) => {
      if (call.method === 'DELETE') return server({ status: 'deleting' });
      if (call.path === '/api/servers') return { items: [server()], nextCursor: null };
      throw new CliFailure('gone', { exit: EXIT.failed, code: 'server.not_found', advice: '' });
    });
    await remove('web-1', { wait: true, yes: true }, { api: gone.api, terminal: gone.terminal, everyMs: 1 });
    expect(gone.lines.out).toEqual(['web-1 is deleted.']);
  });

  test('is shown without what is not there, and tried again', async () => {
    const { parts, lines } = hub([server({ online: true })]);
    await show('web-1', {}, parts);
    expect(lines.out).toContain('agent        online');
    expect(lines.out.join('\n')).not.toContain('note');
    const again = hub([server({ status: 'creating' }), server()], [server({ status: 'failed' })]);
    await retry('web-1', { wait: true }, again.parts);
    expect(again.sent.map(whatOf)).toEqual([`POST /api/servers/${ID}/retry`]);
    const failed = hub([server()], [server({ status: 'failed' })]);
    await expect(watch('web-1', {}, failed.parts)).rejects.toMatchObject({ code: 'server.failed' });
  });
});
