/**
 * The program `git`, as it may be run on what strangers wrote: without a shell, hooks, questions, submodules, other
 * people's configuration or other ways out than the one of the address; for so long, and for so much.
 */
import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Protocol } from './remote.ts';

/** Why it went wrong, in words for people. */
export class GitFault extends Error {
  override readonly name = 'GitFault';
}

const SETTINGS = [
  'core.hooksPath=/dev/null', 'core.fsmonitor=false', 'core.symlinks=false', 'core.bigFileThreshold=1m', 'credential.helper=', 'submodule.recurse=false', 'fetch.recurseSubmodules=false',
  'fetch.fsckObjects=true', 'transfer.fsckObjects=true', 'fetch.unpackLimit=1', 'fetch.writeCommitGraph=false', 'gc.auto=0', 'maintenance.auto=false', 'pack.threads=1',
  // A redirect leads where nobody looked; a stalled transfer ends also when this process is gone.
  'http.followRedirects=false', 'http.lowSpeedLimit=1000', 'http.lowSpeedTime=30', 'gpg.program=false', 'gpg.x509.program=false',
];

/** What a company's network needs; nothing else of the environment is git's business. */
const HANDED_ON = ['PATH', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy', 'GIT_SSL_CAINFO'];

export type Access = { readonly protocol: Protocol; readonly token?: string; readonly keyFile?: string; readonly knownHostsFile?: string };

const sshCommand = ({ keyFile, knownHostsFile }: Access): string =>
  `ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes -o ConnectTimeout=20 -o ServerAliveInterval=10 -o ServerAliveCountMax=3 -o UserKnownHostsFile=${knownHostsFile ?? '/dev/null'} -i ${keyFile ?? '/dev/null'}`;

/** The token travels in the environment: arguments can be read by everybody on the machine. */
const tokenEnvironment = ({ token }: Access): NodeJS.ProcessEnv =>
  token === undefined ? {} : { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'http.extraHeader', GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}` };

export const gitEnvironment = (home: string, access: Access, from: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(HANDED_ON.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]]))),
  HOME: home, LC_ALL: 'C', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_ATTR_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: 'false', SSH_ASKPASS: 'false',
  GIT_NO_REPLACE_OBJECTS: '1', GIT_NO_LAZY_FETCH: '1', GIT_OPTIONAL_LOCKS: '0', GIT_ALLOW_PROTOCOL: access.protocol, GIT_SSH_COMMAND: sshCommand(access), ...tokenEnvironment(access),
});

export type GitCall = {
  readonly args: readonly string[];
  /** A bare repository of our own; all that is written is written below it. */
  readonly repository: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly input?: string;
  readonly mostMs?: number;
  readonly mostOutputBytes?: number;
  /** How large the repository may become meanwhile. */
  readonly mostBytes?: number;
};

const MOST_MS = 120_000;
const MOST_OUTPUT_BYTES = 8 * 1024 ** 2;
const MOST_COMPLAINT_BYTES = 16_384;
const LOOK_EVERY_MS = 100;

/** What is gone between two looks counts nothing: git renames what it wrote. */
const bytesBelow = async (folder: string): Promise<number> => {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(names.map(async (name) => (await stat(name).catch(() => undefined))?.size ?? 0));
  return sizes.reduce((sum, size) => sum + size, 0);
};

const excessOf = async (repository: string, mostBytes: number): Promise<string | undefined> =>
  (await bytesBelow(repository)) > mostBytes ? `it is larger than ${Math.round(mostBytes / 1024 ** 2)} MB; raise most_megabytes, or keep installers in a repository of their own` : undefined;

/** Git's own reason, without what a server may have put there to change what a terminal shows. */
export const complaintIn = (text: string): string => {
  const lines = text.replaceAll(/[^\n\x20-\x7e]/g, ' ').split('\n').map((line) => line.trim()).filter(Boolean);
  const reasons = lines.filter((line) => /^(fatal|error|ERROR|ssh|remote: error):? /.test(line) || /denied|refused|could not|verification failed/i.test(line));
  return (reasons.length > 0 ? reasons : lines).slice(0, 3).join('; ').slice(0, 500);
};

/** @throws GitFault */
export const git = ({ args, repository, env, signal, input, mostMs = MOST_MS, mostOutputBytes = MOST_OUTPUT_BYTES, mostBytes }: GitCall): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    // A group of its own: git's helpers end with it.
    const child = spawn('git', [...SETTINGS.flatMap((setting) => ['-c', setting]), '--git-dir', repository, ...args], { cwd: '/', env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const [output, complaints]: [Buffer[], Buffer[]] = [[], []];
    let [outputBytes, complaintBytes] = [0, 0];
    let fault: string | undefined;
    const end = (reason: string): void => {
      fault ??= reason;
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    };
    const onStop = (): void => end('it was stopped');
    const timer = setTimeout(() => end(`it took longer than ${mostMs / 1000} seconds`), mostMs);
    const look = mostBytes === undefined ? undefined : setInterval(() => void excessOf(repository, mostBytes).then((excess) => excess !== undefined && end(excess)), LOOK_EVERY_MS);
    const unwatch = (): void => {
      clearTimeout(timer);
      clearInterval(look);
      signal.removeEventListener('abort', onStop);
    };
    const settle = (error?: Error): void => {
      unwatch();
      if (error) reject(error);
      else resolve(Buffer.concat(output));
    };
    signal.addEventListener('abort', onStop);
    if (signal.aborted) onStop();
    child.stdout.on('data', (piece: Buffer) => {
      outputBytes += piece.length;
      if (outputBytes > mostOutputBytes) end('it says more than anybody could read: too many files or branches');
      else output.push(piece);
    });
    child.stderr.on('data', (piece: Buffer) => {
      complaintBytes += piece.length;
      if (complaintBytes <= MOST_COMPLAINT_BYTES) complaints.push(piece);
    });
    // A program that ended before it read everything says why by its end.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    child.on('error', (error: NodeJS.ErrnoException) => settle(new GitFault(error.code === 'ENOENT' ? 'the program git is not on this machine' : `git cannot be started: ${error.message}`, { cause: error })));
    const finish = async (code: number | null): Promise<void> => {
      unwatch();
      // What came since the last look counts, too: it may have ended between two, or while this process stood still.
      if (mostBytes !== undefined) fault ??= await excessOf(repository, mostBytes);
      settle(fault !== undefined || code !== 0 ? new GitFault(fault ?? (complaintIn(Buffer.concat(complaints).toString('utf8')) || `git ended with ${code}`)) : undefined);
    };
    child.on('close', (code) => void finish(code));
  });
