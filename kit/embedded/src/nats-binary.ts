/**
 * Finds a nats-server, or fetches one. Order: `NATS_SERVER_BIN`, `PATH`, the project's cache, and at last Debian's
 * package, downloaded with private apt state: no root, nothing installed. An old release has too old a server, so the
 * private state points at newer suites of the mirror that the machine already uses.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir } from './cache.ts';

const exec = promisify(execFile);

/** The oldest that expands inbox templates and reports "no responders" across accounts. */
export const OLDEST_NATS = [2, 10] as const;
/** The newest first; trixie has the oldest that we support. */
const SUITES = ['sid', 'trixie'] as const;
const OLDEST_SUITE = 'trixie';

export class NatsServerMissing extends Error {
  override readonly name = 'NatsServerMissing';
}

const versionOf = async (binary: string): Promise<string | undefined> => {
  try {
    const { stdout } = await exec(binary, ['--version'], { timeout: 10_000 });
    return /v(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
};

const isNewEnough = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST_NATS[0] || (major === OLDEST_NATS[0] && minor >= OLDEST_NATS[1]);
};

const onPath = (): string | undefined =>
  (process.env['PATH'] ?? '').split(delimiter).map((dir) => join(dir, 'nats-server')).find((file) => existsSync(file));

const aptMirror = async (): Promise<string> => {
  const { stdout } = await exec('apt-get', ['indextargets', '--format', '$(SITE) $(ORIGIN) $(COMPONENT) $(RELEASE)']);
  const line = stdout.split('\n').find((row) => / main /.test(row) && !/security|updates|backports/.test(row));
  const site = line?.split(' ')[0];
  if (!site) throw new Error('apt has no Debian mirror configured');
  return site;
};

const fetchFrom = async (mirror: string, suite: string, work: string): Promise<string> => {
  const list = join(work, `${suite}.list`);
  await writeFile(list, `deb ${mirror} ${suite} main\n`);
  const options = [
    ['Dir::Etc::SourceList', list], ['Dir::Etc::SourceParts', '-'], ['Dir::State::Lists', join(work, 'lists')], ['Dir::Cache', join(work, 'cache')],
    ['APT::Get::List-Cleanup', '0'], ['APT::Sandbox::User', ''], ['Acquire::Languages', 'none'],
  ].flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  await exec('apt-get', [...options, 'update'], { timeout: 180_000 });
  await exec('apt-get', [...options, 'download', 'nats-server'], { cwd: work, timeout: 180_000 });
  const archive = (await readdir(work)).find((name) => name.startsWith('nats-server_') && name.endsWith('.deb'));
  if (!archive) throw new Error(`suite ${suite} has no nats-server`);
  await exec('dpkg', ['-x', join(work, archive), join(work, 'unpacked')]);
  return join(work, 'unpacked', 'usr', 'sbin', 'nats-server');
};

const download = async (target: string, suites: readonly string[] = SUITES): Promise<void> => {
  const work = await mkdtemp(join(cacheDir('apt'), 'nats-'));
  try {
    await mkdir(join(work, 'lists', 'partial'), { recursive: true });
    await mkdir(join(work, 'cache', 'archives', 'partial'), { recursive: true });
    const mirror = await aptMirror();
    const failures: string[] = [];
    for (const suite of suites) {
      try {
        const binary = await fetchFrom(mirror, suite, work);
        const version = await versionOf(binary);
        if (!version || !isNewEnough(version)) throw new Error(`its nats-server is ${version ?? 'unusable'}`);
        await chmod(binary, 0o755);
        await rename(binary, target);
        return;
      } catch (error) {
        failures.push(`${suite}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
      }
    }
    throw new Error(failures.join('; '));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

/**
 * Path of a nats-server that is new enough.
 * @throws NatsServerMissing saying what was tried and the one thing to do
 */
export const ensureNatsServer = async (): Promise<string> => {
  const cached = join(cacheDir('nats'), 'nats-server');
  const chosen = process.env['NATS_SERVER_BIN'];
  if (chosen) {
    const version = await versionOf(chosen);
    if (version && isNewEnough(version)) return chosen;
    throw new NatsServerMissing(`NATS_SERVER_BIN is ${chosen}, ${version ? `nats-server ${version}` : 'which is not a nats-server that runs here'}; Citrus needs ${OLDEST_NATS.join('.')} or newer. Unset it or point it at a newer one.`);
  }
  for (const candidate of [onPath(), cached]) {
    const version = candidate && existsSync(candidate) ? await versionOf(candidate) : undefined;
    if (candidate && version && isNewEnough(version)) return candidate;
  }
  try {
    await download(cached);
    return cached;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new NatsServerMissing(`no nats-server ${OLDEST_NATS.join('.')} or newer was found on PATH, and Debian's could not be fetched (${why}). Install one and set NATS_SERVER_BIN=/path/to/nats-server.`, { cause });
  }
};

export type NatsVersion = { readonly version: string; readonly binary: string };

/**
 * The nats-servers that what we ask of the broker is tried against: the one in use, and the oldest that we support.
 * `NATS_SERVER_OLDEST` names the oldest; else Debian's is fetched, and is left out where no mirror is reachable.
 */
export const natsVersions = async (): Promise<NatsVersion[]> => {
  const inUse = await ensureNatsServer();
  const oldest = process.env['NATS_SERVER_OLDEST'] ?? join(cacheDir('nats'), `nats-server-${OLDEST_NATS.join('.')}`);
  // A lack of the older one is said by the number of tests, and does not stop them.
  if (!existsSync(oldest)) await download(oldest, [OLDEST_SUITE]).catch((error: unknown) => void process.stderr.write(`nats-server ${OLDEST_NATS.join('.')} is not tried: ${String(error)}\n`));
  const found = await Promise.all([inUse, oldest].map(async (binary) => ({ binary, version: await versionOf(binary) })));
  const usable = found.flatMap(({ binary, version }) => (version ? [{ binary, version }] : []));
  return usable.filter(({ version }, index) => usable.findIndex((other) => other.version === version) === index);
};
