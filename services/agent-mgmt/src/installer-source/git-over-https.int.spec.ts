import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startGitHost } from '../testing/git-host.ts';
import { appOf, TestRepository } from '../testing/test-repository.ts';
import { GitFault } from './git.ts';
import { readCommit } from './read-commit.ts';

test('a repository is fetched by https with its token; without one nobody is asked, no redirect is followed, and an unknown host is none', { timeout: 120_000 }, async () => {
  const [place, repository] = [mkdtempSync(join(tmpdir(), 'citrus-https-')), new TestRepository()];
  const host = await startGitHost({ directory: place, projects: repository.path, token: 'the-token' });
  const [right, wrong, url] = [join(place, 'right'), join(place, 'wrong'), `${host.url}/.git`];
  writeFileSync(right, 'the-token\n');
  writeFileSync(wrong, 'another-token');
  const read = (more: { url: string; token_file?: string }) => readCommit({ name: 'team', ref: 'main', folder: '.', interval_seconds: 300, most_megabytes: 32, ...more }, { known: null, signal: new AbortController().signal });
  try {
    const commit = repository.commit(appOf('web'));
    await expect(read({ url, token_file: right })).rejects.toThrow(/certificate/i);
    process.env['GIT_SSL_CAINFO'] = host.certificate;
    expect(await read({ url, token_file: right })).toMatchObject({ commit, folders: [{ folder: 'web' }] });
    for (const refused of [{ url, token_file: wrong }, { url }]) {
      const told = await read(refused).catch((error: unknown) => error);
      expect(told).toBeInstanceOf(GitFault);
      expect(String(told)).toMatch(/could not read Username|Authentication failed/);
      expect(String(told)).not.toContain('another-token');
    }
    await expect(read({ url: `${host.url}/away/.git`, token_file: right })).rejects.toThrow(/redirect|302/i);
    await expect(read({ url, token_file: '/nowhere' })).rejects.toThrow('token_file /nowhere cannot be read');
  } finally {
    delete process.env['GIT_SSL_CAINFO'];
    await host.close();
    repository.remove();
    rmSync(place, { recursive: true });
  }
});
