import { AgentId } from '@citrus/contracts';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fullJitter } from './backoff.ts';
import { bundleAgent } from '../bundle-agent.ts';
import { JobRefused, layOut, openBundle } from './bundle.ts';
import { readConfig } from './config.ts';
import { environmentOf } from './environment.ts';
import { osFamilies, parseOsRelease } from './facts.ts';
import { renewalDueAt } from './identity.ts';
import { openJobLog, readLog, summarizeLog } from './job-log.ts';
import { openLog } from './log.ts';
import { cpuPercent, parseCpuTimes, parseMemory, parseNetwork } from './measurements.ts';
import { sha256Digest } from '@citrus/kit-crypto';

const newFolder = () => mkdtempSync(join(tmpdir(), 'citrus-agent-unit-'));

test('the list of packages in the agent grows only on purpose', async () => {
  const listed = readFileSync(new URL('../deps.txt', import.meta.url), 'utf8').trim().split('\n');
  expect((await bundleAgent()).packages, 'agent/deps.txt must list exactly what is bundled').toEqual(listed);
});

test('a delay lies anywhere in its window, which doubles up to its limit', () => {
  fc.assert(
    fc.property(fc.nat({ max: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), (tries, random) => {
      const delay = fullJitter(tries, { firstMs: 500, maxMs: 30_000 }, () => random);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** tries));
    }),
  );
});

test('a renewal is due after a share of the life, whatever this clock says', () => {
  const identity = { natsJwt: `e30.${Buffer.from('{"iat":1000}').toString('base64url')}.x`, expiresAt: new Date(2_000_000).toISOString(), receivedAt: new Date(9_000_000).toISOString() };
  expect(renewalDueAt(identity, 0.6)).toBe(9_600_000);
});

describe('the configuration', () => {
  const write = (content: object) => {
    const file = join(newFolder(), 'config.json');
    writeFileSync(file, JSON.stringify(content));
    return file;
  };
  const good = { hubUrl: 'https://hub.example.com/', tokenFile: '/t', stateDir: '/s', logDir: '/l' };
  test('is read with its defaults', () => {
    expect(readConfig(write(good))).toEqual({ ...good, hubUrl: 'https://hub.example.com', reconnectWindowMs: 30_000 });
  });
  test('is refused with what is wrong', () => {
    expect(() => readConfig(write({ ...good, stateDir: 'relative', stateDri: '/x' }))).toThrow(/stateDir[^]*stateDri|stateDri[^]*stateDir/);
    expect(() => readConfig('/nonexistent')).toThrow('run install.sh again');
  });
});

describe('the environment of a script', () => {
  const surroundings = { home: '/h', serverAddress: '192.0.2.1', appDir: '/a', nodeBinary: '/n' };
  test('holds the inputs and nothing inherited', () => {
    expect(environmentOf({ ...surroundings, inputs: { server_name: 'a b', tls: true, port: 80 } })).toEqual({
      SERVER_NAME: 'a b', TLS: 'true', PORT: '80', PATH: expect.any(String) as string, HOME: '/h', DEBIAN_FRONTEND: 'noninteractive', PROVISIONING_JOB: 'true',
      SERVER_ADDRESS: '192.0.2.1', CITRUS_NODE: '/n', CITRUS_APP_DIR: '/a',
    });
  });
  test.for(['path', 'ld_preload', 'bash_env', 'ifs', 'home', 'node_options'])('refuses the name %s', (id) => {
    expect(() => environmentOf({ ...surroundings, inputs: { [id]: 'x' } })).toThrow('reserved');
  });
});

describe('a bundle', () => {
  const open = (files: object[]) => {
    const bytes = Buffer.from(JSON.stringify({ files }));
    return openBundle(bytes, { installer: 'probe' as never, installerVersion: '1.0.0', installerDigest: sha256Digest(bytes) });
  };
  const file = (path: string, mode = 0o644) => ({ path, mode, base64: Buffer.from('x').toString('base64') });
  test.for(['../x', '/etc/passwd', 'a/../../b', '.hidden', 'a//b', 'a/', String.raw`a\b`, 'a\nb', 'A'])('with the path %s is refused', (path) => {
    expect(() => open([file(path)])).toThrow(JobRefused);
  });
  test('with a file twice, or without a manifest, is refused', () => {
    expect(() => open([file('a'), file('a')])).toThrow('twice');
    expect(() => open([file('a')])).toThrow('no manifest.yml');
  });
  test('is laid out for its owner only, and never over something', () => {
    const folder = newFolder();
    layOut([file('lib/a.sh', 0o777)], folder);
    expect(existsSync(join(folder, 'lib/a.sh'))).toBe(true);
    expect(() => layOut([file('lib/a.sh')], folder)).toThrow('EEXIST');
  });
});

describe('the log of an attempt', () => {
  const name = { jobId: 'job', attempt: 1 };
  test('can be read again piece by piece, also by another process', () => {
    const folders = { text: join(newFolder(), 'text'), pieces: join(newFolder(), 'pieces') };
    const sent: number[] = [];
    const log = openJobLog(folders, name, ({ seq }) => sent.push(seq));
    for (const text of ['one\n', 'two\n', 'three\n']) log.write({ text });
    const summary = log.close();
    expect(sent).toEqual([1, 2, 3]);
    expect(summarizeLog(folders, name)).toEqual(summary);
    expect(readLog(folders, name, 2, 3).map(({ text }) => text)).toEqual(['two\n', 'three\n']);
  });
  test('stops growing where a script does not stop printing', () => {
    const folders = { text: newFolder(), pieces: newFolder() };
    const log = openJobLog(folders, name, () => undefined);
    for (let piece = 0; piece < 1_100; piece += 1) log.write({ text: 'x'.repeat(32 * 1024) });
    expect(log.close().logChunks).toBe(1025);
    expect(readLog(folders, name, 1025, 1025)[0]?.text).toContain('the rest is not kept');
  });
});

test("the agent's log keeps a few files of bounded size", () => {
  const file = join(newFolder(), 'agent.log');
  const log = openLog(file, { maxBytes: 200, keep: 2 });
  for (let line = 0; line < 20; line += 1) log.info('a.line', { line });
  expect(existsSync(`${file}.2`)).toBe(true);
  expect(existsSync(`${file}.3`)).toBe(false);
  expect(readFileSync(file, 'utf8')).toContain('"line":19');
});

test('facts and measurements are read as Linux writes them', () => {
  expect(osFamilies(parseOsRelease('ID=ubuntu\nID_LIKE="debian"\nPRETTY_NAME="Ubuntu 22.04"\n'))).toEqual(['ubuntu', 'debian']);
  expect(parseMemory('MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:  400 kB\n')).toEqual({ total: 1_024_000, used: 614_400 });
  expect(parseNetwork('Inter-| x\n face | y\n  lo: 9 9 0 0 0 0 0 0 9 0\n eth0: 10 1 0 0 0 0 0 0 20 2\n')).toEqual({ received: 10, sent: 20 });
  const before = parseCpuTimes('cpu  10 0 10 80 0 0 0 0 0 0\n');
  expect(cpuPercent(before, parseCpuTimes('cpu  35 0 35 130 0 0 0 0 0 0\n'))).toBe(50);
  expect(AgentId.safeParse('agent-00000001').success).toBe(true);
});
