import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';

describe('the configuration', () => {
  const write = (content: object) => {
    const file = join(mkdtempSync(join(tmpdir(), 'citrus-config-')), 'config.json');
    writeFileSync(file, JSON.stringify(content));
    return file;
  };
  const good = { hubUrl: 'https://hub.example.com/', tokenFile: '/t', stateDir: '/s', logDir: '/l' };
  test('is read with its defaults', () => {
    expect(readConfig(write(good))).toEqual({ ...good, jobLimits: { cgroups: true, processes: 4096, diskReserveBytes: 128 * 1024 ** 2, memoryBytes: expect.any(Number) as number }, hubUrl: 'https://hub.example.com', reconnectWindowMs: 30_000, silenceMs: 300_000, userDataUrls: ['http://169.254.169.254/metadata/v1/user-data', 'http://169.254.169.254/hetzner/v1/userdata'] });
  });
  test('is refused with what is wrong', () => {
    expect(() => readConfig(write({ ...good, stateDir: 'relative', stateDri: '/x' }))).toThrow(/stateDir[^]*stateDri|stateDri[^]*stateDir/);
    expect(() => readConfig('/nonexistent')).toThrow('run install.sh again');
  });
});
