import { describe, expect, test } from 'vitest';
import type { Call } from '../api/http.ts';
import { stageFor, whatOf } from '../testing/stage.ts';
import { install } from './install.ts';
import { cancel, listAll, log, show } from './jobs.ts';

const [JOB, OTHER, PROJECT, WEB] = ['01a1ffcd-6123-7c39-8537-cedf255965a6', '01b1ffcd-6123-7c39-8537-cedf255965a6', '11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];
const at = '2026-11-21T09:00:00.000Z';
const job = {
  id: JOB, projectId: PROJECT, serverId: WEB, agentId: 'agent-0198c2a0', installer: 'nginx', installerVersion: '1.0.0', installerDigest: `sha256:${'a'.repeat(64)}`, action: 'install', inputs: {},
  status: 'queued', attempt: 0, exitCode: null, reason: 'Waiting for "install php" to succeed.', priority: 'high', runId: null, after: [OTHER], queue: { position: 2, of: 3 }, expiresAt: at,
  createdAt: at, startedAt: null, finishedAt: null, updatedAt: at,
};
const ended = { ...job, status: 'succeeded', queue: null, reason: null, attempt: 1, exitCode: 0, finishedAt: at };
const server = { id: WEB, projectId: PROJECT, name: 'web-1', status: 'active', provider: 'none', region: 'none', size: 'none', image: 'none', tags: [], dropletRef: null, ipAddress: null, agentId: null, note: null, createdAt: at, updatedAt: at };
const entry = (cursor: number, text: string) => ({ cursor, attempt: 1, seq: cursor, at, text, progress: null });

/** Each path gives its answers one after the other; the last one stays. */
const stage = (replies: Readonly<Record<string, readonly unknown[]>> = {}) => {
  const all: Record<string, unknown[]> = {
    'GET /api/jobs': [{ items: [job, { ...ended, id: OTHER, installer: 'php' }], nextCursor: null }], [`GET /api/jobs/${JOB}`]: [job], 'GET /api/servers': [{ items: [server], nextCursor: null }], 'POST /api/jobs': [job], 'GET /api/installers': [{ items: [{ id: 'nginx', name: 'Web server' }] }],
    ...Object.fromEntries(Object.entries(replies).map(([path, answers]) => [path, [...answers]])),
  };
  const answer = (call: Call): unknown => {
    const answers = all[whatOf(call)] ?? [];
    return answers.length > 1 ? answers.shift() : answers[0];
  };
  return { ...stageFor(answer), everyMs: 0 };
};
const page = (...texts: readonly (readonly [number, string])[]) => ({ items: texts.map(([cursor, text]) => entry(cursor, text)), nextCursor: null, complete: false });
const complete = { items: [], nextCursor: null, complete: true };

describe('citrus jobs', () => {
  test('lists what there is, with the place in the queue and the reason', async () => {
    const { lines, ...parts } = stage();
    await listAll({}, parts);
    expect(lines.out.join('\n')).toMatch(new RegExp(`${JOB} +queued 2/3 +install Web server +web-1 +high +2026-11-21 09:00 UTC +Waiting for "install php" to succeed\\.`));
  });
  test('asks the hub for no more than what is meant', async () => {
    const { calls, ...parts } = stage();
    await listAll({ status: 'succeeded', on: 'web-1', installer: 'nginx', search: 'no space', oldestFirst: true }, parts);
    expect(calls.find(({ path }) => path === '/api/jobs')).toMatchObject({ path: '/api/jobs', query: { status: 'succeeded', serverId: WEB, installer: 'nginx', search: 'no space', sort: 'createdAt' } });
  });
  test('shows one by the beginning of its id', async () => {
    const { lines, ...parts } = stage();
    await show('01a1', {}, parts);
    expect(lines.out).toEqual(expect.arrayContaining(['what        install Web server 1.0.0', 'installer   nginx', 'place       2 of 3 on its server', `waits for   ${OTHER}`]));
    await expect(show('01', {}, parts)).rejects.toThrow('2 jobs begin with 01');
    await expect(show('ff', {}, parts)).rejects.toMatchObject({ code: 'job.unknown', exit: 1 });
  });
  test('prints a log in whole lines, and nothing that a terminal obeys', async () => {
    const { lines, ...parts } = stage({ [`GET /api/jobs/${JOB}/log`]: [page([1, 'one\ntw'], [2, 'o\n\u001b[31mred\u001b[0m\u0007']), complete] });
    await log(JOB, {}, parts);
    expect(lines.out).toEqual(['one', 'two', 'red\\u0007']);
  });
  test('follows to the end, from where it was, and says how it ended', async () => {
    const { lines, calls, ...parts } = stage({ [`GET /api/jobs/${JOB}/log`]: [page([1, 'one\n']), page(), page([2, 'two\n']), page(), complete], [`GET /api/jobs/${JOB}`]: [job, job, ended] });
    await log(JOB, { follow: true }, parts);
    expect(lines.out).toEqual(['one', 'two']);
    expect(calls.filter(({ path }) => path.endsWith('/log')).map(({ query }) => query?.['cursor'])).toEqual([0, 1, 1, 2, 2]);
    expect(lines.note).toEqual(['Waiting for "install php" to succeed.', `Job ${JOB} succeeded.`]);
    const failed = stage({ [`GET /api/jobs/${JOB}/log`]: [complete], [`GET /api/jobs/${JOB}`]: [{ ...ended, status: 'failed', reason: 'exit 3' }] });
    await expect(log(JOB, { follow: true }, failed)).rejects.toMatchObject({ exit: 1, code: 'job.failed', message: expect.stringContaining('exit 3') });
  });
  test('says cancelled only when it is', async () => {
    const { lines, ...parts } = stage({ [`POST /api/jobs/${JOB}/cancel`]: [{ ...job, status: 'cancelling', queue: null }], [`GET /api/jobs/${JOB}`]: [job, { ...job, status: 'cancelling' }, { ...ended, status: 'cancelled' }] });
    await cancel(JOB, {}, parts);
    expect(lines.out).toEqual([`Job ${JOB} is cancelled`]);
    const late = stage({ [`POST /api/jobs/${JOB}/cancel`]: [{ ...job, status: 'cancelling' }], [`GET /api/jobs/${JOB}`]: [job, ended] });
    await expect(cancel(JOB, {}, late)).rejects.toMatchObject({ exit: 1, code: 'job.succeeded' });
  });
  test('asks for a job with its wishes, once', async () => {
    const { lines, calls, ...parts } = stage();
    await install('nginx', { on: 'web-1', action: 'install', input: ['port=80'], priority: 'high', after: ['01b1'], withDependencies: true, waitMinutes: 5, follow: false }, parts);
    expect(calls.at(-1)).toMatchObject({ path: '/api/jobs', body: { serverId: WEB, installer: 'nginx', inputs: { port: '80' }, priority: 'high', after: [OTHER], withDependencies: true, waitMinutes: 5 }, headers: { 'idempotency-key': expect.any(String) } });
    expect(lines.out).toEqual([JOB]);
    await expect(install('nginx', { on: 'web-9', action: 'install', input: [], priority: 'normal', after: [] }, parts)).rejects.toMatchObject({ code: 'server.not_found' });
  });
  test('begins with the answers of the last attempt, as far as they are still asked for', async () => {
    const app = { serverId: WEB, projectId: PROJECT, installer: 'nginx', version: null, state: 'failed', reason: 'port is taken', inputs: {}, proposal: { port: 80, title: 'Hello', gone: 'x', key: 'was open', pass: 'too' }, health: 'unknown', healthSince: null, healthReason: null, checkedAt: null, lastJob: null, backups: [], change: null, createdAt: at, updatedAt: at };
    const again = { on: 'web-1', action: 'install', input: ['port=81'], priority: 'normal', after: [], sameInputs: true, follow: false } as const;
    const { calls, ...parts } = stage({ [`GET /api/servers/${WEB}/apps`]: [{ items: [app], nextCursor: null }], 'GET /api/installers': [{ items: [{ id: 'nginx', inputs: [{ id: 'port', type: 'port' }, { id: 'title', sensitive: false }, { id: 'key', sensitive: true }, { id: 'pass', type: 'password' }] }] }] });
    await install('nginx', again, parts);
    expect(calls.at(-1)).toMatchObject({ path: '/api/jobs', body: { inputs: { port: '81', title: 'Hello' } } });
    expect(JSON.stringify(calls), 'what the installer made a secret meanwhile').not.toMatch(/was open|too/);
    await expect(install('nginx', again, stage({ [`GET /api/servers/${WEB}/apps`]: [{ items: [], nextCursor: null }] }))).rejects.toMatchObject({ exit: 2, advice: expect.stringContaining('Leave --same-inputs out') });
  });
});
