import { describe, expect, test } from 'vitest';
import type { Api } from '../api/api.ts';
import type { Call } from '../api/http.ts';
import type { Terminal } from '../output/terminal.ts';
import { act, restore } from './act.ts';
import { listAll, show } from './apps.ts';
import { change } from './change.ts';

const [SERVER, PROJECT, JOB, BACKUP, OTHER] = ['01a1ffcd-6123-7c39-8537-cedf255965a6', '11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222', '33333333-3333-4333-8333-333333333333', '44444444-4444-4444-8444-444444444444'];
const at = '2026-11-21T09:00:00.000Z';
const backup = { id: BACKUP, digest: `sha256:${'b'.repeat(64)}`, bytes: 20480, at, version: '1.0.0' };
const app = {
  serverId: SERVER, projectId: PROJECT, installer: 'nginx', version: '1.0.0', state: 'installed', reason: null, inputs: { port: 80 }, health: 'unhealthy', healthSince: at, healthReason: '\u001b[2Jexit code 3', checkedAt: at,
  lastJob: { id: JOB, action: 'health', status: 'failed', at }, backups: [backup, { ...backup, id: OTHER }], change: null, createdAt: at, updatedAt: at,
};
const asked = { id: OTHER, projectId: PROJECT, serverId: SERVER, installer: 'nginx', action: 'upgrade', status: 'running', withBackup: true, backup: null, steps: [{ step: 'back-up', jobId: JOB, at }], cause: null, appIs: null, isHealthy: null, reason: null, advice: null, createdAt: at, finishedAt: null, updatedAt: at };
const changed = { ...asked, status: 'changed', appIs: 'changed', isHealthy: true, finishedAt: at };
const job = { id: JOB, projectId: PROJECT, serverId: SERVER, agentId: 'agent-01a1ffcd', installer: 'nginx', installerVersion: '1.0.0', installerDigest: backup.digest, action: 'health', inputs: {}, status: 'failed', attempt: 1, exitCode: 3, reason: 'exit code 3', priority: 'normal', runId: null, createdAt: at, startedAt: at, finishedAt: at, updatedAt: at };
const server = { id: SERVER, name: 'web-1' };

const stage = (replies: Readonly<Record<string, unknown>> = {}) => {
  const calls: Call[] = [];
  const lines = { out: [] as string[], note: [] as string[] };
  const path = `/api/servers/${SERVER}/apps`;
  const all: Readonly<Record<string, unknown>> = {
    'GET /api/apps': { items: [app], nextCursor: null }, 'GET /api/apps?health=unhealthy': { items: [app], nextCursor: null }, 'GET /api/servers': { items: [server], nextCursor: null }, [`GET ${path}/nginx`]: app,
    [`POST ${path}/nginx/changes`]: asked, [`GET ${path}/nginx/changes/${OTHER}`]: changed, [`POST ${path}/nginx/jobs`]: job, ...replies,
  };
  const api = {
    json: async (call: Call, reply: { parse: (value: unknown) => unknown }) => {
      calls.push(call);
      const answer = all[`${call.method ?? 'GET'} ${call.path}`];
      // Only its name and id matter here.
      return call.path === '/api/servers' ? answer : reply.parse(answer);
    },
  } as unknown as Api;
  const terminal: Terminal = { out: async (line) => void lines.out.push(line), note: (line) => void lines.note.push(line), style: (_, text) => text, columns: undefined, isInteractive: false };
  return { api, terminal, calls, lines, everyMs: 1 };
};

describe('citrus apps', () => {
  test('lists what there is and how it is', async () => {
    const { lines, calls, ...parts } = stage();
    await listAll({ health: 'unhealthy' }, parts);
    expect(lines.out.join('\n')).toMatch(/web-1 +nginx +1\.0\.0 +installed +unhealthy since 2026-11-21 09:00 UTC +2026-11-21 09:00 UTC/);
    expect(calls[0]?.path).toBe('/api/apps?health=unhealthy');
    await expect(listAll({ health: 'fine' }, parts)).rejects.toMatchObject({ exit: 2 });
  });
  test('shows one, and nothing that a terminal obeys', async () => {
    const { lines, ...parts } = stage();
    await show(['web-1', 'nginx'], {}, parts);
    expect(lines.note.join('\n')).toContain('\\u001b[2Jexit code 3');
    expect(lines.out.join('\n')).toContain(BACKUP);
    await expect(show(['web-9', 'nginx'], {}, parts)).rejects.toMatchObject({ code: 'server.not_found' });
  });
  test('changes one and waits for what came of it', async () => {
    const { lines, calls, ...parts } = stage();
    await change('upgrade', ['web-1', 'nginx'], { input: ['port=81'] }, parts);
    expect(lines.out.at(-1)).toBe('nginx on web-1 is changed and healthy.');
    expect(calls.find(({ method }) => method === 'POST')?.body).toEqual({ action: 'upgrade', inputs: { port: '81' }, withoutBackup: false });
    await expect(change('uninstall', ['web-1', 'nginx'], { input: [] }, parts), 'nobody was asked').rejects.toMatchObject({ exit: 2 });
    const back = stage({ [`GET /api/servers/${SERVER}/apps/nginx/changes/${OTHER}`]: { ...changed, status: 'rolled-back', appIs: 'restored', reason: 'The upgrade ended failed', advice: 'Look.' } });
    await expect(change('upgrade', ['web-1', 'nginx'], { input: [] }, back)).rejects.toMatchObject({ exit: 1, code: 'change.rolled-back', advice: expect.stringContaining('citrus apps show web-1 nginx') });
  });
  test('checks and restores', async () => {
    const { calls, ...parts } = stage();
    await expect(act('health', ['web-1', 'nginx'], {}, parts)).rejects.toMatchObject({ code: 'job.failed' });
    await restore(['web-1', 'nginx'], { backup: '44', yes: true, follow: false }, { ...stage({ [`POST /api/servers/${SERVER}/apps/nginx/jobs`]: { ...job, status: 'queued', finishedAt: null } }), api: parts.api }).catch(() => undefined);
    expect(calls.at(-1)?.body).toEqual({ action: 'restore', backupId: OTHER });
    await expect(restore(['web-1', 'nginx'], { backup: '99', yes: true }, parts)).rejects.toMatchObject({ code: 'backup.unknown' });
  });
});
