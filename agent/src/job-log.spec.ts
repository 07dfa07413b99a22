import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openJobLog, readLog, summarizeLog } from './job-log.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'citrus-job-log-'));

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
  test('T954. stops growing where a script does not stop printing', () => {
    const folders = { text: newFolder(), pieces: newFolder() };
    const log = openJobLog(folders, name, () => undefined);
    for (let piece = 0; piece < 1_100; piece += 1) log.write({ text: 'x'.repeat(32 * 1024) });
    expect(log.close().logChunks).toBe(1025);
    expect(readLog(folders, name, 1025, 1025)[0]?.text).toContain('the rest is not kept');
  });
});
