import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { gatherSeals, type SealCopy } from './seal-book.ts';
import { openSealFile } from './seal-file.ts';
import { newSealKey, readSealKeys } from './seal-keys.ts';
import { createSealJudge, makeSeal, type Seal } from './seal.ts';

const dir = mkdtempSync(join(tmpdir(), 'citrus-seals-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const keyFile = (name: string, text = newSealKey()): string => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};
const publicPem = (pem: string) => String(createPublicKey(createPrivateKey(pem)).export({ format: 'pem', type: 'spki' }));

const keys = readSealKeys(keyFile('key'));
const isGood = createSealJudge(keys.publicKeys);
const hash = (n: number) => createHash('sha256').update(String(n)).digest();
const seal = (after: Seal | undefined, n = 0): Seal => makeSeal({ service: 'auth', after, hashes: [1, 2, 3, 4, 5].map((m) => hash((after?.to ?? 0) + m + n)), at: '2026-11-21T10:00:00.000Z' }, keys.current);
const [a, b, c] = (() => {
  const first = seal(undefined);
  const second = seal(first);
  return [first, second, seal(second)] as const;
})();
const copy = (place: string, seals: readonly Seal[], more: Partial<SealCopy> = {}): SealCopy => ({ place, seals, damaged: 0, mayBeBehind: false, ...more });
const said = (copies: readonly SealCopy[]) => gatherSeals(copies, isGood).problems.map(({ position, message }) => `${position}: ${message}`);

describe('a seal', () => {
  test('follows from the one before it and is good only as it was signed', () => {
    expect([a, b, c].map(({ from, to }) => [from, to])).toEqual([[1, 5], [6, 10], [11, 15]]);
    expect([a, b, c].every(isGood)).toBe(true);
    const fields: Partial<Seal>[] = [{ from: 2 }, { to: 6 }, { root: b.root }, { hash: b.hash }, { previous: b.previous }, { at: '2026-11-21T10:00:00.001Z' }, { service: 'provisioning' }, { signature: b.signature }, { keyId: '0' }];
    for (const field of fields) expect(isGood({ ...a, ...field }), JSON.stringify(field)).toBe(false);
  });

  test('of a former key counts as long as that key stands in the file', () => {
    const [former, current] = [newSealKey(), newSealKey()];
    const old = makeSeal({ service: 'auth', after: undefined, hashes: [hash(1)], at: '2026-11-21T10:00:00.000Z' }, readSealKeys(keyFile('former', former)).current);
    const rotated = readSealKeys(keyFile('current', `${current}${publicPem(former)}`));
    expect(Object.keys(rotated.publicKeys).length).toBe(2);
    expect(createSealJudge(rotated.publicKeys)(old)).toBe(true);
    expect(createSealJudge(readSealKeys(keyFile('alone', current)).publicKeys)(old)).toBe(false);
  });

  test('needs a key file with one Ed25519 key', () => {
    expect(() => readSealKeys(join(dir, 'none'))).toThrow('cannot read the key file');
    expect(() => readSealKeys(keyFile('empty', 'x'))).toThrow('must hold one private key');
    expect(() => readSealKeys(keyFile('two', newSealKey() + newSealKey()))).toThrow('must hold one private key');
    expect(() => readSealKeys(keyFile('broken', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'))).toThrow('cannot be read');
  });
});

describe('the copies of a log of seals', () => {
  test('that agree have no problem, also when one is a little behind', () => {
    expect(gatherSeals([copy('the file', [a, b, c]), copy('the database', [a, b, c]), copy('the stream', [a, b], { mayBeBehind: true })], isGood)).toEqual({ seals: [a, b, c], problems: [] });
    expect(said([copy('the file', [], { mayBeBehind: true }), copy('the database', [a, b])])).toEqual([]);
  });

  test('that lost one say which and where', () => {
    expect(said([copy('the file', [a, b, c]), copy('the database', [a, c])])).toEqual(['6: the seal of positions 6 to 10 is gone from the database']);
    expect(said([copy('the file', [a, c], { mayBeBehind: true }), copy('the database', [a, b, c])])).toEqual(['6: the seal of positions 6 to 10 is gone from the file']);
    expect(said([copy('the database', [a, c])])[0]).toContain('positions 6 to 10 were sealed, but their seal is gone from everywhere');
  });

  test('trust the signature and nothing else', () => {
    const forged = { ...b, root: a.root };
    expect(said([copy('the file', [a, b]), copy('the database', [a, forged])])).toEqual(['6: the seal of positions 6 to 10 in the database is not signed by a key that counts', '6: the seal of positions 6 to 10 is gone from the database']);
    expect(gatherSeals([copy('the file', [a, b]), copy('the database', [a, forged])], isGood).seals).toEqual([a, b]);
  });

  test('say when one key signed two things', () => {
    expect(said([copy('the file', [a, b]), copy('the stream', [a, seal(a, 100)])])).toContain('6: two different seals are signed for position 6');
  });
});

describe('the file of seals', () => {
  test('gives back what was added, survives a line that was cut, and tells damage', async () => {
    const file = openSealFile(join(dir, 'file'), 'auth');
    expect(await file.read()).toEqual({ seals: [], damaged: 0 });
    await file.add(a);
    await file.add(b);
    truncateSync(file.path, readFileSync(file.path).length - 20);
    expect(await file.read()).toEqual({ seals: [a], damaged: 0 });
    await file.add(c);
    expect(await file.read()).toEqual({ seals: [a, c], damaged: 0 });
    appendFileSync(file.path, '{"not":"a seal"}\n');
    expect(await file.read()).toEqual({ seals: [a, c], damaged: 1 });
  });

  test('knows the first event that is another one, and nothing about those it never had', async () => {
    const file = openSealFile(join(dir, 'marks'), 'auth');
    const hashes = [6, 7, 8, 9, 10].map(hash);
    expect(await file.firstUnlike(6, hashes)).toBeUndefined();
    await file.add(b, hashes);
    expect(await file.firstUnlike(6, hashes)).toBeUndefined();
    expect(await file.firstUnlike(6, hashes.with(2, hash(99)).with(4, hash(98)))).toBe(8);
    expect(await file.firstUnlike(1, [1, 2, 3, 4, 5].map(hash))).toBeUndefined();
  });
});
