import { describe, expect, test } from 'vitest';
import { stageFor, whatOf } from '../testing/stage.ts';
import { log, show } from './jobs.ts';
import { hitLine } from './log-search.ts';

const JOB = '01a1ffcd-6123-7c39-8537-cedf255965a6';
const at = '2026-11-21T09:00:00.000Z';
const digest = `sha256:${'a'.repeat(64)}`;
const job = {
  id: JOB, projectId: '11111111-1111-4111-8111-111111111111', serverId: '22222222-2222-4222-8222-222222222222', agentId: 'agent-0198c2a0', installer: 'nginx', installerVersion: '1.0.0', installerDigest: digest,
  action: 'install', inputs: {}, status: 'failed', attempt: 1, exitCode: 137, reason: 'killed', priority: 'normal', createdAt: at, startedAt: at, finishedAt: at, updatedAt: at,
};
const details = {
  jobId: JOB, installer: 'nginx', installerVersion: '1.0.0', installerDigest: digest, action: 'install', script: { path: 'install.sh', text: '#!/bin/sh\n\techo "\u001b[2J"\n', isWhole: false, digest },
  files: [{ path: 'install.sh', bytes: 20 }], variables: [{ name: 'PORT', value: '8080', by: 'input' }, { name: 'PASSWORD', value: null, by: 'secret' }, { name: 'SERVER_IP', value: null, by: 'agent' }],
  attempts: [{ attempt: 1, commandId: JOB, dispatchedAt: at, startedAt: at, endedAt: at, outcome: 'failed', exitCode: 137, signal: 'SIGKILL', reason: 'killed', retryAt: null }], timeoutSeconds: 600, correlationId: 'c-1',
};
const hit = { line: 7, at, text: 'no \u0007space left', from: 0, spans: [[4, 9]] };
const pages = [{ items: [hit], count: { lines: 2, isWhole: true }, searchedLines: 100, nextCursor: '101.1.0', isAtEnd: false }, { items: [{ ...hit, line: 120 }], count: null, searchedLines: 150, nextCursor: '151.1.0', isAtEnd: true }];

const stage = (detailed: unknown = details) => {
  const left = [...pages];
  return stageFor((call) => ({ [`GET /api/jobs/${JOB}`]: job, [`GET /api/jobs/${JOB}/details`]: detailed, 'GET /api/servers': { items: [], nextCursor: null }, 'GET /api/installers': { items: [] }, [`GET /api/jobs/${JOB}/log/search`]: call.path.endsWith('/search') && left.shift() })[whatOf(call)]);
};

describe('citrus jobs show', () => {
  test('--details: variables, secrets by name only, and each attempt', async () => {
    const { lines, ...parts } = stage();
    await show(JOB, { details: true }, parts);
    const told = lines.out.join('\n');
    expect(told).toMatch(/PORT +input +8080\nPASSWORD +secret input +\(secret\)\nSERVER_IP +agent +\(known to the server only\)/);
    expect(told).toMatch(/1 +2026-11-21 09:00:00 UTC .* failed, exit 137, SIGKILL +killed/);
    expect(told).toContain('status      failed');
  });
  test('--script: the script alone, its tabs, and nothing that a terminal obeys', async () => {
    const { lines, ...parts } = stage();
    await show(JOB, { script: true }, parts);
    expect(lines.out).toEqual(['#!/bin/sh\n\techo "\\u001b[2J"']);
    expect(lines.note.join()).toContain('only the beginning of install.sh');
    await expect(show(JOB, { script: true }, stage({ ...details, script: null }))).rejects.toMatchObject({ code: 'job.script_unknown', exit: 1 });
    await expect(show(JOB, { script: true, details: true }, parts)).rejects.toMatchObject({ exit: 2 });
  });
  test('--json: what the API says', async () => {
    const { lines, ...parts } = stage();
    await show(JOB, { details: true, json: true }, parts);
    await show(JOB, { script: true, json: true }, parts);
    expect(lines.out.map((line) => JSON.parse(line))).toEqual([details, details.script]);
  });
});

describe('citrus jobs log --search', () => {
  test('tells the lines of all pages with their numbers', async () => {
    const { lines, calls, ...parts } = stage();
    await log(JOB, { search: 'space', regex: true, matchCase: true }, parts);
    expect(lines.out).toEqual(['     7  no \\u0007space left', '   120  no \\u0007space left']);
    expect(calls.flatMap(({ path, query }) => (path.endsWith('/search') ? [query] : []))).toEqual([{ q: 'space', as: 'pattern', case: 'exact', limit: 500, cursor: undefined }, { q: 'space', as: 'pattern', case: 'exact', limit: 500, cursor: '101.1.0' }]);
    expect(lines.note).toEqual(['2 lines found in 150']);
  });
  test('stops at the limit and says so', async () => {
    const { lines, ...parts } = stage();
    await log(JOB, { search: 'space', limit: 1 }, parts);
    expect(lines.out).toHaveLength(1);
    expect(lines.note[0]).toContain('1 line found in the first 100; there may be more');
  });
  test.each([[[4, 9]], [[4, 6], [5, 9]], [[4, 9], [40, 50]]] as [number, number][][])('marks hits, also those that overlap or are not seen: %j %j', (...spans) => {
    const style = (_: unknown, text: string): string => `<${text}>`;
    expect(hitLine({ line: 1, at, text: 'no space left', from: 1, spans }, { style }).replaceAll('><', '')).toBe('     1  …no <space> left');
  });
  test.each([[{ regex: true }], [{ search: 'x', follow: true }], [{ search: 'x', text: true }], [{ text: true, json: true }], [{ search: 'x', limit: 0 }]] as const)('refuses %j before anything is asked', async (options) => {
    const { calls, ...parts } = stage();
    await expect(log(JOB, options, parts)).rejects.toMatchObject({ exit: 2 });
    expect(calls).toEqual([]);
  });
});

describe('citrus jobs log --text', () => {
  const text = 'one\n\n\u001b[31mré\u001b[0m\nlast';
  /** Byte for byte, so that letters and lines are torn apart. */
  const send = async (): Promise<Response> => new Response(ReadableStream.from([...new TextEncoder().encode(text)].map((byte) => Uint8Array.of(byte))));
  test('is the log as it was, in a file', async () => {
    const { lines, ...parts } = stage();
    await log(JOB, { text: true }, { ...parts, api: { ...parts.api, send } });
    expect(lines.out.join('\n')).toBe(text);
  });
  test('steers no terminal', async () => {
    const { lines, ...parts } = stage();
    await log(JOB, { text: true }, { ...parts, api: { ...parts.api, send }, terminal: { ...parts.terminal, columns: 80 } });
    expect(lines.out).toEqual(['one', '', '\\u001b[31mré\\u001b[0m', 'last']);
  });
});
