import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLog } from './log.ts';

test("the agent's log keeps a few files of bounded size", () => {
  const file = join(mkdtempSync(join(tmpdir(), 'citrus-log-')), 'agent.log');
  const log = openLog(file, { maxBytes: 200, keep: 2 });
  for (let line = 0; line < 20; line += 1) log.info('a.line', { line });
  expect(existsSync(`${file}.2`)).toBe(true);
  expect(existsSync(`${file}.3`)).toBe(false);
  expect(readFileSync(file, 'utf8')).toContain('"line":19');
});
