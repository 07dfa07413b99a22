/** From a source to the folders of the commit that it names: looked for, fetched, checked and read whole, or a fault. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RefusedInstaller } from '@citrus/contracts';
import { BadFolder, bundleFolder } from '@citrus/contracts/installer-folder';
import { sha256Digest } from '@citrus/kit-crypto';
import type { Bundle } from '../installer/bundle.ts';
import { git, gitEnvironment, GitFault, type GitCall } from './git.ts';
import { isCommit, remoteOf, wantedOf } from './remote.ts';
import type { Source } from './sources-file.ts';
import { blobsIn, entriesIn, folderInTree, foldersIn, readable, type TreeEntry } from './tree.ts';

export type SourceFolder = { readonly folder: string; readonly bundle: Bundle };
export type Commit = { readonly commit: string; readonly committedAt: Date; readonly folders: readonly SourceFolder[]; readonly faults: readonly RefusedInstaller[] };

const WORKPLACE = 'citrus-source-';
const OURS = 'refs/citrus/wanted';
const MOST_FOLDERS = 200;
const MOST_ENTRIES = 10_000;
const MOST_CONTENT_BYTES = 16 * 1024 ** 2;
const LOOK_MS = 30_000;

type Run = (args: readonly string[], more?: Partial<GitCall>) => Promise<Buffer>;

const runnerOf = async (source: Source, repository: string, signal: AbortSignal): Promise<Run> => {
  const remote = remoteOf(source.url);
  if ('fault' in remote) throw new GitFault(`the url ${remote.fault}`);
  const access = {
    protocol: remote.protocol,
    ...(source.token_file && { token: (await readFile(source.token_file, 'utf8').catch((cause: unknown) => { throw new GitFault(`token_file ${source.token_file} cannot be read`, { cause }); })).trim() }),
    ...(source.key_file && { keyFile: source.key_file }), ...(source.known_hosts_file && { knownHostsFile: source.known_hosts_file }),
  };
  const env = gitEnvironment(repository, access);
  return (args, more) => git({ args, repository, env, signal, ...more });
};

/** What the source names now; one question, nothing is fetched. */
const lookUp = async (run: Run, { url, ref, commit }: Source) => {
  const listed = isCommit(ref) ? '' : (await run(['ls-remote', '--quiet', '--', url, ref, `${ref}^{}`], { mostMs: LOOK_MS })).toString('utf8');
  const wanted = wantedOf(ref, listed);
  if (!wanted) throw new GitFault(`there is no branch or tag ${ref} at ${url}`);
  if (commit !== undefined && wanted.commit !== commit) throw new GitFault(`${ref} is commit ${wanted.commit}, but only ${commit} is taken; look at what has changed, then change "commit"`);
  return wanted;
};

const fetchCommit = async (run: Run, source: Source, wanted: { name: string; commit: string }): Promise<void> => {
  await run(['fetch', '--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', '--no-auto-maintenance', '--', source.url, `+${wanted.name}:${OURS}`], { mostBytes: source.most_megabytes * 1024 ** 2 });
  const commit = (await run(['rev-parse', '--verify', '--quiet', `${OURS}^{commit}`])).toString('utf8').trim();
  if (commit !== wanted.commit) throw new GitFault('it changed while it was fetched; it is fetched again');
};

const verify = async (run: Run, commit: string, signers: string): Promise<void> => {
  await run(['-c', `gpg.ssh.allowedSignersFile=${signers}`, 'verify-commit', commit]).catch((cause: unknown) => {
    throw new GitFault(`commit ${commit} is not signed by a key of allowed_signers_file`, { cause });
  });
};

const listTree = async (run: Run, commit: string, { folder }: Source): Promise<TreeEntry[]> => {
  const listed = await run(['ls-tree', '-r', '-z', '--long', '--full-tree', folder === '.' ? `${commit}^{tree}` : `${commit}:${folder}`]).catch((cause: unknown) => {
    throw new GitFault(`commit ${commit} cannot be read at ${folder}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
  const entries = entriesIn(listed.toString('utf8'));
  if (entries.length > MOST_ENTRIES) throw new GitFault(`${folder} holds ${entries.length} files; ${MOST_ENTRIES} are read. Name the folder that holds the installers`);
  return entries;
};

const bundled = async (entries: readonly TreeEntry[], folder: string, contents: ReadonlyMap<string, Buffer>): Promise<SourceFolder | RefusedInstaller> => {
  try {
    const bundle = await bundleFolder(folderInTree(entries, folder, contents));
    return { folder, bundle: { ...bundle, digest: sha256Digest(bundle.json) } };
  } catch (error) {
    if (!(error instanceof BadFolder)) throw error;
    return { folder, file: error.file, line: null, reason: error.message };
  }
};

const readFolders = async (run: Run, entries: readonly TreeEntry[]): Promise<Pick<Commit, 'folders' | 'faults'>> => {
  const { folders, notFolders } = foldersIn(entries);
  if (folders.length > MOST_FOLDERS) throw new GitFault(`it holds ${folders.length} folders; ${MOST_FOLDERS} are read`);
  const wanted = readable(entries).filter(({ path }) => folders.some((folder) => path.startsWith(`${folder}/`)));
  const bytes = wanted.reduce((sum, entry) => sum + entry.bytes, 0);
  if (bytes > MOST_CONTENT_BYTES) throw new GitFault(`its installers hold ${Math.ceil(bytes / 1024 ** 2)} MB; ${MOST_CONTENT_BYTES / 1024 ** 2} MB are read`);
  const contents = wanted.length === 0 ? new Map<string, Buffer>() : blobsIn(await run(['cat-file', '--batch'], { input: wanted.map(({ oid }) => `${oid}\n`).join(''), mostOutputBytes: bytes + wanted.length * 100 }));
  const read: (SourceFolder | RefusedInstaller)[] = [];
  for (const folder of folders) read.push(await bundled(entries, folder, contents));
  return {
    folders: read.filter((each) => 'bundle' in each),
    faults: [...notFolders.map((folder) => ({ folder, file: '.', line: null, reason: 'an installer is a folder, not a link or a submodule' })), ...read.filter((each) => 'reason' in each)],
  };
};

/** A new repository each time: what a look leaves is nothing. */
const inWorkplace = async <T>(work: (repository: string) => Promise<T>): Promise<T> => {
  const repository = join(tmpdir(), `${WORKPLACE}${randomUUID()}`);
  await mkdir(repository, { mode: 0o700 });
  try {
    return await work(repository);
  } finally {
    await rm(repository, { recursive: true, force: true, maxRetries: 3 });
  }
};

/**
 * `unchanged` when what is known is still what the source names.
 * @throws GitFault
 */
export const readCommit = (source: Source, { known, signal }: { readonly known: string | null; readonly signal: AbortSignal }): Promise<Commit | 'unchanged'> =>
  inWorkplace(async (repository) => {
    const run = await runnerOf(source, repository, signal);
    await run(['init', '--quiet', '--bare', '--template=']);
    const wanted = await lookUp(run, source);
    if (wanted.commit === known) return 'unchanged';
    await fetchCommit(run, source, wanted);
    if (source.allowed_signers_file) await verify(run, wanted.commit, source.allowed_signers_file);
    const seconds = Number((await run(['log', '-1', '--no-show-signature', '--format=%ct', wanted.commit])).toString('utf8'));
    return { commit: wanted.commit, committedAt: new Date(seconds * 1000), ...(await readFolders(run, await listTree(run, wanted.commit, source))) };
  });

/** What a process left that was killed while it fetched. */
export const removeLeftovers = async (olderThanMs: number): Promise<void> => {
  for (const name of (await readdir(tmpdir())).filter((each) => each.startsWith(WORKPLACE))) {
    const made = (await stat(join(tmpdir(), name)).catch(() => undefined))?.mtimeMs;
    if (made !== undefined && made < Date.now() - olderThanMs) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
};
