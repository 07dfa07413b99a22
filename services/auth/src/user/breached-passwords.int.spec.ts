import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { breachedPasswordsIn, checkBreachedFile } from './breached-passwords.ts';

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex').toUpperCase();
const LISTED = Array.from({ length: 3000 }, (_, n) => `breached password ${n}`);

describe('a list of breached passwords', () => {
  let folder: string;
  const fileOf = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };
  beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'citrus-breached-')); });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.for(['\n', '\r\n'])('finds every one that is in it and no other, with line ends %j', async (end) => {
    const hashes = LISTED.map((password, n) => `${sha1(password)}:${n + 1}`).toSorted();
    const isBreached = breachedPasswordsIn(await fileOf('list.txt', hashes.join(end)));
    for (const password of LISTED) expect(await isBreached(password), password).toBe(true);
    for (let n = 0; n < 200; n += 1) expect(await isBreached(`another password ${n}`)).toBe(false);
  });
  test('may have a single line, or be left out', async () => {
    const isBreached = breachedPasswordsIn(await fileOf('one.txt', sha1('only this')));
    expect([await isBreached('only this'), await isBreached('not this'), await breachedPasswordsIn(undefined)('only this')]).toEqual([true, false, false]);
  });
  test('that is none stops the start', async () => {
    await expect(checkBreachedFile(join(folder, 'missing'))).rejects.toThrow('cannot be read');
    await expect(checkBreachedFile(await fileOf('words.txt', 'password\n123456\n'))).rejects.toThrow('no list of hashes');
    await expect(checkBreachedFile(await fileOf('by-count.txt', `${'F'.repeat(40)}:9\n${'A'.repeat(40)}:1\n`))).rejects.toThrow('ascending order');
    await expect(checkBreachedFile(await fileOf('good.txt', `${'A'.repeat(40)}:9\n${'F'.repeat(40)}:1\n`))).resolves.toBeUndefined();
  });
});
