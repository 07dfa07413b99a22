import { mkdtempSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openJobLog, pruneLogs, readLog, summarizeLog } from './job-log.ts';

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
  test('T954. stops growing where a script does not stop printing, and keeps its beginning and its end', () => {
    const folders = { text: newFolder(), pieces: newFolder() };
    const log = openJobLog(folders, name, () => undefined);
    for (let piece = 0; piece < 1_100; piece += 1) log.write({ text: `${String(piece).padStart(9)}\n${'x'.repeat(32 * 1024 - 11)}\n` });
    log.say('it ended');
    const { logChunks } = log.close();
    expect(logChunks).toBeLessThan(1030);
    const end = readLog(folders, name, logChunks - 2, logChunks);
    expect(end.map(({ text }) => text.trim().slice(0, 17))).toEqual([expect.stringContaining('1098'), expect.stringContaining('1099'), '[citrus] it ended']);
    const texts = readLog(folders, name, 990, 1000).map(({ text }) => text);
    expect(texts.join('')).toContain('only its end is kept');
    expect(texts.join('')).toMatch(/\[citrus\] \d+ characters in \d+ lines are left out here/);
    expect(summarizeLog(folders, name).logChunks).toBe(logChunks);
  });
  test('gives up its middle when there is no room for all logs, and says what is gone to whoever asks for it', () => {
    const folders = { text: newFolder(), pieces: newFolder() };
    const [old, young] = [{ jobId: 'old', attempt: 1 }, { jobId: 'young', attempt: 1 }];
    for (const [age, each] of [[100, old], [0, young]] as const) {
      const log = openJobLog(folders, each, () => undefined);
      for (let piece = 1; piece <= 40; piece += 1) log.write({ text: `${piece} ${'y'.repeat(5000)}\n` });
      log.close();
      const at = new Date(Date.now() - age * 1000);
      for (const file of [`${folders.text}/${each.jobId}-1.log`, `${folders.pieces}/${each.jobId}-1.jsonl`]) utimesSync(file, at, at);
    }
    pruneLogs(folders, 300_000);
    expect(readLog(folders, young, 1, 40).some(({ gone }) => gone)).toBe(false);
    const left = readLog(folders, old, 1, 40);
    expect(left.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect([left[0]?.text.slice(0, 2), left.at(-1)?.text.slice(0, 3)]).toEqual(['1 ', '40 ']);
    expect(left.filter(({ gone }) => gone).length).toBeGreaterThan(20);
    expect(left.filter(({ text }) => text.includes('had to make room'))).toHaveLength(1);
    pruneLogs(folders, 300_000);
    expect(readLog(folders, old, 1, 40)).toEqual(left);
    pruneLogs(folders, 10);
    expect(readLog(folders, old, 1, 40)).toEqual([]);
  });
});
