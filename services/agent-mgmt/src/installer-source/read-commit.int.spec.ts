import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { appOf, manifestOf, TestRepository } from '../testing/test-repository.ts';
import { git, gitEnvironment, GitFault } from './git.ts';
import { readCommit, type Commit } from './read-commit.ts';
import type { Source } from './sources-file.ts';

/** Of this file alone, so that what others leave is not taken for ours. */
const place = mkdtempSync(join(tmpdir(), 'citrus-read-commit-'));
process.env['TMPDIR'] = place;
afterAll(() => rmSync(place, { recursive: true, force: true }));

let repository: TestRepository;
beforeEach(() => { repository = new TestRepository(); });
afterEach(() => repository.remove());

const never = new AbortController().signal;
const sourceOf = (more: Partial<Source> = {}): Source => ({ name: 'team', url: repository.path, ref: 'main', folder: '.', interval_seconds: 300, most_megabytes: 32, ...more });
const read = async (more: Partial<Source> = {}, known: string | null = null): Promise<Commit> => {
  const commit = await readCommit(sourceOf(more), { known, signal: never });
  if (commit === 'unchanged') throw new Error('it is unchanged');
  return commit;
};
const leftovers = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('citrus-source-'));

describe('a repository', () => {
  test('is read at a branch, a tag, and a commit, from the folder that was named', async () => {
    const first = repository.commit({ 'README.md': 'hello', '.github/x.yml': 'x', 'ops/installers/web/manifest.yml': manifestOf('web'), 'ops/installers/web/install.sh': '#!/bin/bash\n', 'ops/installers/bundles/site/bundle.yml': 'id: site\n' });
    repository.git('tag', '-a', 'v1', '-m', 'v1');
    const second = repository.commit({ 'ops/installers/web/install.sh': '#!/bin/bash\ntrue\n' });
    const folder = 'ops/installers';
    expect(await read({ folder })).toMatchObject({ commit: second, folders: [{ folder: 'web' }, { folder: 'bundles/site' }], faults: [] });
    expect(await read({ folder, ref: 'v1' })).toMatchObject({ commit: first });
    expect(await read({ folder, ref: 'refs/heads/main' })).toMatchObject({ commit: second });
    expect(await read({ folder, ref: first })).toMatchObject({ commit: first });
    expect(await readCommit(sourceOf({ folder }), { known: second, signal: never })).toBe('unchanged');
    await expect(read({ folder: 'nowhere' })).rejects.toThrow(/cannot be read at nowhere/);
    await expect(read({ ref: 'mai' })).rejects.toThrow(/there is no branch or tag mai/);
    await expect(read({ commit: first })).rejects.toThrow(new RegExp(`main is commit ${second}, but only ${first} is taken`));
    await expect(read({ url: '/nowhere/at-all' })).rejects.toThrow(/nowhere.at-all/);
    expect(leftovers()).toEqual([]);
  });

  test('T724. that people signed is used only if one of the named ones did', async () => {
    for (const name of ['known', 'unknown']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(repository.path, '.git', name)]);
    const [signers, signed] = [join(repository.path, '.git', 'signers'), (name: string) => ({ options: [`-S${join(repository.path, '.git', name)}`] })];
    writeFileSync(signers, `a@example.com ${execFileSync('ssh-keygen', ['-y', '-f', join(repository.path, '.git', 'known')], { encoding: 'utf8' })}`);
    repository.git('config', 'gpg.format', 'ssh');
    const commit = repository.commit(appOf('web'), signed('known'));
    expect(await read({ allowed_signers_file: signers })).toMatchObject({ commit });
    for (const how of [signed('unknown'), {}]) {
      repository.commit({ 'web/install.sh': `#!/bin/bash\n# ${JSON.stringify(how)}\n` }, how);
      await expect(read({ allowed_signers_file: signers })).rejects.toThrow(/is not signed by a key of allowed_signers_file/);
    }
  });
});

describe('a hostile repository', () => {
  test('T722. gets no link, no submodule and no large file into a catalogue, and its rest is named with them', async () => {
    repository.commit(appOf('web'));
    const commit = repository.git('rev-parse', 'HEAD');
    repository.commitEntry('120000', 'web/uninstall.sh', repository.blob('/etc/shadow'));
    repository.commitEntry('120000', 'shadow', repository.blob('/etc'));
    repository.commitEntry('160000', 'module', commit);
    repository.commitEntry('100644', 'large/data.bin', repository.blob(Buffer.alloc(800_000)));
    const { folders, faults } = await read();
    expect(folders).toEqual([]);
    expect(faults.map(({ folder, file }) => `${folder}/${file}`).sort()).toEqual(['large/data.bin', 'module/.', 'shadow/.', 'web/uninstall.sh']);
  });

  test.each(['..', '.git', 'a/b'])('T722. with a file named %s is not fetched at all', async (name) => {
    repository.commitTree([{ mode: '100644', name, oid: repository.blob('x') }]);
    await expect(read()).rejects.toThrow(/fsck|object|path|\.\./i);
  });

  test('T721. runs nothing here, however it is set up', async () => {
    const marker = join(repository.path, 'it-ran');
    const script = join(repository.path, '.git', 'hooks', 'run');
    for (const hook of ['run', 'post-checkout', 'post-merge', 'pre-auto-gc', 'reference-transaction', 'post-index-change', 'upload-pack']) {
      const file = join(repository.path, '.git', 'hooks', hook);
      writeFileSync(file, `#!/bin/sh\ntouch ${marker}\n`);
      chmodSync(file, 0o755);
    }
    const commit = repository.commit({ ...appOf('web'), '.gitattributes': '* filter=evil', '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = ./x\n' });
    for (const setting of ['uploadpack.packObjectsHook', 'core.fsmonitor', 'core.sshCommand', 'filter.evil.smudge', 'credential.helper']) repository.git('config', setting, script);
    // Some of them ran for whoever wrote the repository, here.
    const ranAt = (): number => (existsSync(marker) ? statSync(marker).mtimeMs : 0);
    const before = ranAt();
    expect((await read()).commit).toBe(commit);
    expect(ranAt()).toBe(before);
  });

  test('T725. cannot be larger, slower or longer than it may', async () => {
    repository.commit({ ...appOf('web'), 'noise.bin': '' });
    repository.commitEntry('100644', 'noise.bin', repository.blob(randomBytes(8 * 1024 ** 2)));
    await expect(read({ most_megabytes: 1 })).rejects.toThrow(/larger than 1 MB/);
    const call = { repository: join(repository.path, '.git'), env: gitEnvironment('/nonexistent', { protocol: 'file' }), signal: never };
    // It ends long before the first look at its size.
    await expect(git({ ...call, args: ['rev-parse', 'HEAD'], mostBytes: 1024 ** 2 })).rejects.toThrow(/larger than 1 MB/);
    // It never ends by itself.
    await expect(git({ ...call, args: ['-c', 'alias.wait=!sleep 60', 'wait'], mostMs: 1 })).rejects.toThrow(/longer than 0.001 seconds/);
    await expect(git({ ...call, args: ['log', '-p', '--format=%H'], mostOutputBytes: 10 })).rejects.toThrow(/says more than anybody could read/);
    await expect(readCommit(sourceOf(), { known: null, signal: AbortSignal.abort() })).rejects.toThrow(/was stopped/);
    expect(leftovers()).toEqual([]);
  });

  test('T721. is not reached in another way than its address says, even if the address was not looked at', async () => {
    const call = { repository: join(repository.path, '.git'), signal: never, env: gitEnvironment('/nonexistent', { protocol: 'https' }) };
    const marker = join(repository.path, 'it-ran');
    for (const url of [`ext::sh -c touch% ${marker}`, repository.path, `file://${repository.path}`, `--upload-pack=touch ${marker}`, 'git://127.0.0.1:1/x']) {
      await expect(git({ ...call, args: ['ls-remote', '--', url, 'main'] }), url).rejects.toThrow(GitFault);
    }
    expect(existsSync(marker)).toBe(false);
  });
});

test('what git is told holds nothing of this process but what a network needs', () => {
  const env = gitEnvironment('/home', { protocol: 'https', token: 'secret' }, { PATH: '/bin', HTTPS_PROXY: 'http://proxy', GIT_SSH: 'evil', GIT_DIR: '/etc', CITRUS_DATABASE_URL: 'postgres://secret' });
  expect(env).toMatchObject({ PATH: '/bin', HTTPS_PROXY: 'http://proxy', GIT_ALLOW_PROTOCOL: 'https', GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_VALUE_0: `Authorization: Basic ${btoa('x-access-token:secret')}` });
  for (const name of ['GIT_DIR', 'GIT_SSH', 'CITRUS_DATABASE_URL']) expect(env).not.toHaveProperty(name);
});
