import { RunOutcome } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';
import { abort, follow, listAll, show } from './runs.ts';
import { parseInputs, start } from './start.ts';
import { stageFor, whatOf } from '../testing/stage.ts';

const [RUN, OTHER, PROJECT, WEB, DB] = ['01a1ffcd-6123-7c39-8537-cedf255965a6', '01b1ffcd-6123-7c39-8537-cedf255965a6', '11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222', '33333333-3333-4333-8333-333333333333'];
const at = '2026-11-21T09:00:00.000Z';
const score = (counts: Partial<Record<RunOutcome, number>>) => ({ ...Object.fromEntries(RunOutcome.options.map((outcome) => [outcome, 0])), ...counts });
const run = { id: RUN, projectId: PROJECT, installer: 'nginx', action: 'install', filter: 'tag:web', strategy: { waves: ['1'], atOnce: 0, maxFailures: '0' }, inputs: {}, status: 'running', reason: null, servers: 2, score: score({ running: 1, 'not-started': 1 }), retryOf: null, createdAt: at, finishedAt: null, updatedAt: at };
const paused = { ...run, status: 'paused', reason: '1 server has failed, and 0 may.', score: score({ failed: 1, 'not-started': 1 }) };
const plan = { servers: [{ id: WEB, name: 'web-1', refused: null }, { id: DB, name: 'web-2', refused: 'It has no agent.' }], waves: [1, 2], maxFailures: 0 };
const servers = [{ serverId: WEB, outcome: 'failed', jobId: OTHER, status: 'failed', reason: '\u001b[2Jno space left' }, { serverId: DB, outcome: 'not-started', jobId: null, status: null, reason: null }];

const stage = (replies: Readonly<Record<string, unknown>> = {}) => {
  const all: Readonly<Record<string, unknown>> = {
    'GET /api/runs': { items: [run, { ...run, id: OTHER }], nextCursor: null }, [`GET /api/runs/${RUN}`]: paused, [`GET /api/runs/${RUN}/servers`]: { items: servers, nextCursor: null },
    'GET /api/servers': { items: [], nextCursor: null }, 'GET /api/installers': { items: [{ id: 'nginx', name: 'Web server' }] }, 'POST /api/runs/plan': plan, 'POST /api/runs': run, [`POST /api/runs/${RUN}/abort`]: { ...run, status: 'aborting' }, ...replies,
  };
  return stageFor((call) => all[whatOf(call)]);
};
const options = { on: 'tag:web', action: 'install', input: [] } as const;

describe('citrus runs', () => {
  test('lists what there is, with the score in words', async () => {
    const { lines, ...parts } = stage();
    await listAll({}, parts);
    expect(lines.out.join('\n')).toMatch(new RegExp(`${RUN} +running +install Web server +tag:web +2026-11-21 09:00 UTC +1 running, 1 not started`));
  });
  test('shows what became of each server, and nothing that a terminal obeys', async () => {
    const { lines, ...parts } = stage();
    await show(RUN.slice(0, 4), { outcome: 'failed' }, parts);
    expect(lines.out.join('\n')).toMatch(/failed +01b1ffcd.* +\\u001b\[2Jno space left/);
    expect(lines.out.join('\n')).not.toContain('not started');
    await expect(show(RUN, { outcome: 'fine' }, parts)).rejects.toMatchObject({ exit: 2 });
    await expect(show('01', {}, parts)).rejects.toThrow('2 runs begin with 01');
    await expect(show('ff', {}, parts)).rejects.toMatchObject({ code: 'run.unknown' });
  });
  test('begins only what was planned and meant', async () => {
    const { lines, calls, ...parts } = stage();
    await start('nginx', { ...options, plan: true }, parts);
    expect(lines.out.join('\n')).toMatch(/1 +web-1\n *2 +web-2 +It has no agent\./);
    await expect(start('nginx', options, parts)).rejects.toMatchObject({ exit: 2, advice: 'If it is meant, say --yes.' });
    expect(calls.map(({ path }) => path)).toEqual(['/api/runs/plan', '/api/runs/plan']);
    await start('nginx', { ...options, yes: true, follow: false, waves: '1, 25%', atOnce: '3', input: ['port=80'] }, parts);
    expect(calls.at(-1)).toMatchObject({ path: '/api/runs', body: { installer: 'nginx', filter: 'tag:web', inputs: { port: '80' }, strategy: { waves: ['1', '25%'], atOnce: 3 } } });
  });
  test('follows until somebody is needed, and says what to do', async () => {
    const { lines, ...parts } = stage();
    await expect(follow(paused as never, {}, parts)).rejects.toMatchObject({ exit: 1, code: 'run.paused', advice: expect.stringContaining(`citrus runs resume ${RUN}`) });
    expect(lines.out.join('\n')).toContain('paused: 1 failed, 1 not started.');
  });
  test('aborts, and stops what runs only when told', async () => {
    const { calls, ...parts } = stage();
    await abort(RUN, {}, parts);
    expect(calls.at(-1)?.body).toEqual({ cancelRunning: false });
  });
  test('takes an input as it is, or from a file', () => {
    expect(parseInputs(['a=1=2', 'empty='])).toEqual({ a: '1=2', empty: '' });
    expect(() => parseInputs(['port'])).toThrow('an input is missing its value');
    expect(() => parseInputs(['key=@/nonexistent/file'])).toThrow('/nonexistent/file cannot be read');
  });
});
