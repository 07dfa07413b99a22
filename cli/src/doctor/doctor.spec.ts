import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test as base, vi } from 'vitest';
import { CliFailure, EXIT } from '../failure.ts';
import { stageFor, whatOf } from '../testing/stage.ts';
import { doctor } from './doctor.ts';
import { certificateFinding, clockFinding, findingsOf, type Examination } from './findings.ts';
import { listParked, retryParked, skipParked } from './parked.ts';

const AT = '2026-11-22T03:00:00.000Z';
type Report = NonNullable<Examination['services'][number]['report']>;
const reader: Report['readers'][number] = { reader: 'auth-servers', kind: 'feed', source: 'provisioning', position: 12, lag: 0, parked: 0, paused: null, error: null };
const report: Report = {
  service: 'auth', version: '0.1.0', startedAt: AT, now: AT, isReady: true, detail: null, database: { answeredInMs: 2, bytes: 9_000_000, aheadMs: 3 }, nats: { answeredInMs: 1 },
  disk: { freeBytes: 50 * 1024 ** 3, totalBytes: 100 * 1024 ** 3 }, memoryBytes: 90_000_000, readers: [reader], keys: [{ key: 'key of access tokens', madeAt: '2026-11-01T00:00:00.000Z', expiresAt: null }],
};
const of = (changes: Partial<Report>): Examination => ({ at: AT, services: [{ service: 'auth', report: { ...report, ...changes }, problem: null }] });

describe('what is well', () => {
  base('has no findings', () => expect(findingsOf(of({}))).toEqual([]));
  base('includes some work that is being done, a hub without a database, and a clock that is a little off', () => {
    expect(findingsOf(of({ readers: [{ ...reader, lag: 30 }], now: '2026-11-22T03:00:01.000Z' }))).toEqual([]);
    expect(findingsOf({ at: AT, services: [{ service: 'hub', report: { ...report, service: 'hub', database: null }, problem: null }] })).toEqual([]);
  });
});

base.each<[string, Partial<Report>, RegExp, RegExp]>([
  ['not ready', { isReady: false, detail: 'starting' }, /not ready: starting/, /log/],
  ['no database', { database: null }, /database does not answer/, /PostgreSQL/],
  ['a slow database', { database: { answeredInMs: 3000, bytes: 1, aheadMs: 0 } }, /took 3\.0 s/, /load/],
  ['a database of another time', { database: { answeredInMs: 1, bytes: 1, aheadMs: -9000 } }, /9\.0 s behind/, /time servers/],
  ['no broker', { nats: null }, /NATS does not answer/, /nats-server/],
  ['a full disk', { disk: { freeBytes: 1024 ** 3, totalBytes: 100 * 1024 ** 3 } }, /1\.0 GB of 100\.0 GB/, /room/],
  ['a clock', { now: '2026-11-22T03:01:00.000Z' }, /60\.0 s ahead/, /time servers/],
  ['a reader that is behind', { readers: [{ ...reader, lag: 5000 }] }, /5000 events behind/, /again/],
  ['a reader that nobody knows about', { readers: [{ ...reader, lag: null }] }, /nobody can say/, /NATS/],
  ['a reader in trouble', { readers: [{ ...reader, error: 'no such table' }] }, /held up: no such table/, /log/],
  ['parked events', { readers: [{ ...reader, parked: 2 }] }, /2 events are parked/, /citrus doctor parked retry auth-servers/],
  ['a paused reader', { readers: [{ ...reader, paused: 'upgrade' }] }, /paused/, /resumed/],
  ['an old key', { keys: [{ key: 'key of commands', madeAt: '2025-01-01T00:00:00.000Z', expiresAt: null }] }, /\d+ days old/, /citrus keys rotate commands/],
  ['a credential at its end', { keys: [{ key: 'NATS credential', madeAt: '2026-01-01T00:00:00.000Z', expiresAt: '2026-11-23T00:00:00.000Z' }] }, /runs out/, /new one/],
  ['a credential past its end', { keys: [{ key: 'NATS credential', madeAt: null, expiresAt: '2026-11-20T00:00:00.000Z' }] }, /has run out/, /new one/],
])('%s is one finding, with what to do', (_name, changes, what, advice) => {
  expect(findingsOf(of(changes))).toEqual([{ where: 'auth', what: expect.stringMatching(what), advice: expect.stringMatching(advice) }]);
});

base('a service that does not answer, versions that differ, a certificate and this machine\'s own clock are told', () => {
  const two: Examination = { at: AT, services: [{ service: 'auth', report, problem: null }, { service: 'hub', report: { ...report, service: 'hub', version: '0.2.0', database: null }, problem: null }, { service: 'metrics', report: null, problem: 'no answer' }] };
  expect(findingsOf(two).map(({ where }) => where)).toEqual(['metrics', 'services']);
  const now = Date.parse(AT);
  expect(clockFinding(AT, { askedAt: now, answeredAt: now + 5000 })).toEqual([]);
  expect(clockFinding(AT, { askedAt: now - 60_000, answeredAt: now - 59_990 })).toMatchObject([{ what: expect.stringContaining('behind') }]);
  expect(certificateFinding({ host: 'x', validTo: '2027-11-22T00:00:00Z' }, now)).toEqual([]);
  expect(certificateFinding({ host: 'x', validTo: '2026-11-25T00:00:00Z' }, now)).toMatchObject([{ what: 'its certificate is good for 2 more days' }]);
  expect(certificateFinding({ host: 'x', validTo: '2026-11-20T00:00:00Z' }, now)).toMatchObject([{ what: 'its certificate has run out' }]);
});

const hub = (examination: Examination, parked: readonly object[] = []) =>
  Object.assign(stageFor(({ path, method }) => {
    if (path === '/api/doctor') return examination;
    if (path === '/api/doctor/parked') return { items: parked };
    if (path === '/api/installers') return { refused: [] };
    if (path === '/api/auth/me') throw new CliFailure('no', { exit: EXIT.failed, code: 'x.y', advice: '' });
    return method ? { left: 0 } : undefined;
  }));

describe('the command', () => {
  base('tells everything and ends with 0 when all is well, with 1 when something is not', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const well = hub(of({}));
    Object.assign(well.api, { url: 'http://localhost' });
    const clockRight = { ...of({}), at: new Date().toISOString(), services: [{ service: 'auth' as const, report: { ...report, now: new Date().toISOString() }, problem: null }] };
    const good = hub(clockRight);
    Object.assign(good.api, { url: 'http://localhost' });
    await doctor({}, { api: good.api, terminal: good.terminal });
    expect(good.lines.out.at(-1)).toBe('All is well.');
    await expect(doctor({ json: true }, { api: well.api, terminal: well.terminal })).rejects.toMatchObject({ exit: 1, code: 'doctor.found' });
    expect(JSON.parse(well.lines.out[0] ?? '')).toMatchObject({ ok: false, findings: [{ where: 'this machine' }], services: [{ service: 'auth' }] });
  });

  const home = base.extend('home', async ({}, { onCleanup }): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'doctor-'));
    onCleanup(() => rm(folder, { recursive: true, force: true }));
    return folder;
  });

  home('looks at this machine when the API is away: what runs, what listens, what was complained about last', async ({ home }) => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    try {
      await Promise.all(['run', 'logs'].map((folder) => mkdir(join(home, folder))));
      await writeFile(join(home, 'ports.json'), JSON.stringify({ hub: port, nats: 1 }));
      await Promise.all(['hub', 'nats'].map((name) => writeFile(join(home, 'run', `${name}.pid`), `${process.pid}\n`)));
      await writeFile(join(home, 'logs', 'auth.log'), '\n{"level":"error","timestamp":"T","message":"no keyring","err":{"message":"refused"}}\n{"level":"info","message":"later"}\n');
      const stage = stageFor(() => {
        throw new CliFailure('http://x cannot be reached', { exit: EXIT.unavailable, code: 'hub.unreachable', advice: '' });
      });
      await expect(doctor({}, { ...stage, home })).rejects.toMatchObject({ exit: 1 });
      const told = stage.lines.out.join('\n');
      expect(told).toMatch(new RegExp(`hub +runs \\(${process.pid}\\) +${port}$`, 'm'));
      expect(told).toContain('auth: T error no keyring refused');
      expect(told).not.toContain('later');
      expect(told).toContain('API: http://x cannot be reached');
      expect(told).toContain('nats: it runs, but nothing listens on port 1');
    } finally {
      server.close();
    }
  });

  home('says where to look when there is nothing here', async ({ home }) => {
    const stage = stageFor(() => undefined);
    await expect(doctor({ local: true, json: true }, { ...stage, home: join(home, 'nowhere') })).rejects.toMatchObject({ exit: 1 });
    expect(JSON.parse(stage.lines.out[0]!)).toMatchObject({ ok: false, findings: [{ advice: expect.stringContaining('CITRUS_HOME') }] });
  });
});

describe('parked events', () => {
  const event = { service: 'auth', consumer: 'auth-servers', position: 12, source: 'provisioning', stream: 'server-1', type: 'ServerDeleted', at: AT, parkedAt: AT, reason: 'no such thing' };
  base('are listed with where to look, tried again by feed, and skipped only when it is meant', async () => {
    const stage = hub(of({}), [event]);
    await listParked({}, stage);
    expect(stage.lines.out[0]).toMatch(/auth-servers:12 +provisioning:12 +ServerDeleted/);
    await retryParked(undefined, {}, stage);
    await expect(skipParked('auth-servers:12', { reason: 'gone' }, stage)).rejects.toMatchObject({ exit: EXIT.usage });
    await expect(skipParked('auth-servers', { reason: 'gone', yes: true }, stage)).rejects.toMatchObject({ exit: EXIT.usage });
    await expect(skipParked('auth-servers:13', { reason: 'gone', yes: true }, stage)).rejects.toMatchObject({ code: 'parked.unknown' });
    await skipParked('auth-servers:12', { reason: 'gone', yes: true }, stage);
    expect(stage.sent.map(whatOf)).toEqual(['POST /api/doctor/parked/auth/auth-servers/retry', 'POST /api/doctor/parked/auth/auth-servers/12/skip']);
    expect(stage.sent[1]?.body).toEqual({ reason: 'gone' });
  });
});
