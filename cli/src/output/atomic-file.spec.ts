import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withFolderBeside, writeAtomically, writeLines } from './atomic-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'citrus-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function* lines(...texts: readonly string[]) {
  yield* texts;
}
const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);

describe('a file of history', () => {
  test('is for this account alone, from its first byte', async () => {
    const file = join(folder, 'h.ndjson');
    expect(await writeAtomically(file, { mayReplace: false }, (unfinished) => writeLines(unfinished, lines('a', 'b')))).toBe(2);
    expect([readFileSync(file, 'utf8'), modeOf(file)]).toEqual(['a\nb\n', '600']);
  });

  test('is not written through what others put in its way, nor is that removed', async () => {
    const [file, victim] = [join(folder, 'h.ndjson'), join(folder, 'victim')];
    writeFileSync(victim, 'mine');
    symlinkSync(victim, `${file}.${process.pid}.unfinished`);
    await expect(writeAtomically(file, { mayReplace: true }, (unfinished) => writeLines(unfinished, lines('a')))).rejects.toMatchObject({ code: 'file.unwritable' });
    expect(readFileSync(victim, 'utf8')).toBe('mine');
    expect(existsSync(`${file}.${process.pid}.unfinished`)).toBe(true);
  });

  test('is made of unfinished work in a folder of no name that could be guessed, which is gone afterwards', async () => {
    const names = new Set<string>();
    for (let times = 0; times < 2; times += 1) {
      await withFolderBeside(join(folder, 'h.parquet'), async (beside) => {
        names.add(beside);
        expect(modeOf(beside)).toBe('700');
      });
    }
    expect([names.size, readdirSync(folder)]).toEqual([2, []]);
  });
});
