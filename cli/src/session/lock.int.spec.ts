import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { whileLocked } from './lock.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'citrus-lock-'));
  file = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Beyond what any system gives out. */
const DEAD_PID = 2 ** 30;

describe('a lock', () => {
  test('lets one in at a time, also after somebody died with it', async () => {
    writeFileSync(file, `${DEAD_PID} gone`);
    let [inside, most] = [0, 0];
    await Promise.all(Array.from({ length: 10 }, () => whileLocked(file, { patienceMs: 10_000 }, async () => {
      most = Math.max(most, (inside += 1));
      for (let n = 0; n < 5; n += 1) await turn();
      inside -= 1;
    })));
    expect(most).toBe(1);
    expect(existsSync(file)).toBe(false);
  });

  test('is given back when the work fails', async () => {
    await expect(whileLocked(file, { patienceMs: 0 }, () => Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError);
    expect(existsSync(file)).toBe(false);
  });

  test('of a living process is respected, and patience ends', async () => {
    writeFileSync(file, `${process.ppid} other`);
    await expect(whileLocked(file, { patienceMs: 100 }, () => Promise.resolve())).rejects.toMatchObject({ exit: 4, code: 'lock.held' });
    expect(existsSync(file)).toBe(true);
  });
});
