/** A real git repository in a temporary folder, written to as its people would, and as they should not. For tests. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ENV = { PATH: process.env['PATH'], HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.com', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.com' };

export const manifestOf = (id: string, version = '1.0.0'): string => `id: ${id}\nname: ${id}\nversion: ${version}\ndescription: An app\ncategory: web\nauthor: Somebody\nportable: true\n`;
export const appOf = (id: string, version?: string): Record<string, string> => ({ [`${id}/manifest.yml`]: manifestOf(id, version), [`${id}/install.sh`]: '#!/bin/bash\n' });

export class TestRepository {
  readonly path = mkdtempSync(join(tmpdir(), 'citrus-test-repository-'));

  constructor() {
    this.git('init', '--quiet', '--initial-branch=main');
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', ['-C', this.path, ...args], { env: ENV, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  }

  blob(bytes: Buffer | string, ...how: readonly string[]): string {
    return execFileSync('git', ['-C', this.path, 'hash-object', '-w', '--stdin', ...how], { env: ENV, input: bytes, encoding: 'utf8' }).trim();
  }

  /** What is there already stays, unless it is written or removed. */
  commit(files: Readonly<Record<string, string>>, { removed = [], options = [] }: { removed?: readonly string[]; options?: readonly string[] } = {}): string {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.path, path)), { recursive: true });
      writeFileSync(join(this.path, path), text);
    }
    for (const path of removed) rmSync(join(this.path, path), { recursive: true });
    this.git('add', '--all');
    return this.#commit(options);
  }

  /** An entry that no work tree could hold, e.g. a link (120000) or a submodule (160000). */
  commitEntry(mode: string, path: string, oid: string): string {
    this.git('update-index', '--add', '--cacheinfo', `${mode},${oid},${path}`);
    return this.#commit([]);
  }

  /** A tree that git itself would not write. */
  commitTree(entries: readonly { readonly mode: string; readonly name: string; readonly oid: string }[]): string {
    const bytes = Buffer.concat(entries.flatMap(({ mode, name, oid }) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]));
    const commit = this.git('commit-tree', '-m', 'x', this.blob(bytes, '-t', 'tree', '--literally'));
    this.git('update-ref', 'refs/heads/main', commit);
    return commit;
  }

  #commit(options: readonly string[]): string {
    this.git('commit', '--quiet', '--allow-empty', '-m', 'x', ...options);
    return this.git('rev-parse', 'HEAD');
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
