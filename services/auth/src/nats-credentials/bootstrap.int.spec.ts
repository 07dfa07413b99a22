import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bootstrapTrust } from './bootstrap.ts';
import { readAuthKeys } from './trust-directory.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'citrus-bootstrap-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const filesOf = async () => {
  const names = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).toSorted();
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(name, 'utf8'), mode: (await stat(name)).mode & 0o777 })));
};

describe('the bootstrap', () => {
  test('changes nothing when it is run again', async () => {
    const first = await bootstrapTrust({ dir });
    const before = await filesOf();
    expect(await bootstrapTrust({ dir })).toEqual(first);
    expect(await filesOf()).toEqual(before);
  });

  test('T847. makes files that only their owner can read', async () => {
    await bootstrapTrust({ dir });
    for (const { name, mode } of await filesOf()) expect([name, mode.toString(8)]).toEqual([name, '600']);
    for (const name of ['offline', 'auth', 'creds']) expect((await stat(join(dir, name))).mode & 0o777).toBe(0o700);
  });

  test('makes one trust when two run at the same time', async () => {
    const [first, second] = await Promise.all([bootstrapTrust({ dir }), bootstrapTrust({ dir })]);
    expect(second.publicKeys).toEqual(first.publicKeys);
    expect((await filesOf()).filter(({ name }) => /\.[0-9a-f-]{36}$/.test(name))).toEqual([]);
  });

  test('makes what is missing and keeps the rest', async () => {
    const first = await bootstrapTrust({ dir });
    const hubBefore = await readFile(first.credsFiles.hub, 'utf8');
    await rm(first.credsFiles.metrics);
    const second = await bootstrapTrust({ dir });
    expect(second.publicKeys).toEqual(first.publicKeys);
    expect(await readFile(second.credsFiles.hub, 'utf8')).toBe(hubBefore);
    expect(await readFile(second.credsFiles.metrics, 'utf8')).toContain('BEGIN NATS USER JWT');
  });

  test('T847. gives auth what it needs without the offline part', async () => {
    const { authKeysDir, publicKeys } = await bootstrapTrust({ dir });
    await rm(join(dir, 'offline'), { recursive: true });
    expect((await readAuthKeys(dir)).publicKeys).toEqual(publicKeys);
    const keys = await readAuthKeys(authKeysDir);
    expect(keys.agentSigners.map((key) => key.getPublicKey())).toEqual(publicKeys.signers.agents);
    expect(keys.publicKeys).toEqual(publicKeys);
  });
});
