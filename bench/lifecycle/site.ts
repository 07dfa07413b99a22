/** The whole system as `npm start` runs it, on a local cloud that boots at once and announces limits that nobody meets, and a swarm beside it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, waitUntil } from '@citrus/kit-embedded';

/** From `bench/dist/lifecycle`. */
const root = fileURLToPath(new URL('../../..', import.meta.url));
const READY_WITHIN_MS = 300_000;
/** The agents' identities: on a server each would have a disk of its own, here they would all wait for one. */
const SHARED_MEMORY = '/dev/shm';

export type Credentials = { readonly url: string; readonly email: string; readonly password: string };
export type LifecycleSite = {
  readonly home: string;
  readonly credentials: Credentials;
  readonly cloud: { readonly url: string; readonly token: string };
  readonly swarm: ChildProcess;
  stop(): Promise<void>;
};

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (!isRunning(child)) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
};

const startSystem = async (home: string, more: Readonly<Record<string, string>>): Promise<ChildProcess> => {
  const child = spawn(process.execPath, ['--enable-source-maps', join(root, 'tools/dist/start/main.js')], {
    cwd: root, stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production', CITRUS_HOME: home, CITRUS_PORT: String(await freePort()), CITRUS_LOG_LEVEL: 'warn', CITRUS_CLOUD_DRIVER: 'none', LOCAL_CLOUD_PRESET: 'bench', LOCAL_CLOUD_LOG_LEVEL: 'warn', ...more },
  });
  let output = '';
  const keep = (chunk: Buffer) => (output += chunk.toString());
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  await waitUntil('npm start', async () => {
    if (!isRunning(child)) throw new Error(`npm start ended with ${child.exitCode}:\n${output}`);
    return output.includes('Citrus is ready');
  }, { timeoutMs: READY_WITHIN_MS });
  return child;
};

const startSwarm = (cloud: LifecycleSite['cloud'], home: string, dir: string): ChildProcess => {
  const args = ['--cloud', cloud.url, '--token-file', join(home, 'secrets', 'cloud.token'), '--dir', dir];
  return spawn(process.execPath, ['--enable-source-maps', join(root, 'bench/dist/swarm/main.js'), ...args], { stdio: ['ignore', process.env['CITRUS_BENCH_VERBOSE'] ? 'inherit' : 'ignore', 'inherit'] });
};

/** @param more settings for all programs */
export const startLifecycleSite = async (more: Readonly<Record<string, string>> = {}): Promise<LifecycleSite> => {
  const home = mkdtempSync(join(tmpdir(), 'citrus-bench-lifecycle-'));
  const identities = mkdtempSync(join(existsSync(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir(), 'citrus-swarm-'));
  const remove = () => [home, identities].forEach((folder) => rmSync(folder, { recursive: true, force: true }));
  try {
    const system = await startSystem(home, more);
    const { localCloud } = JSON.parse(readFileSync(join(home, 'ports.json'), 'utf8')) as { localCloud: number };
    const cloud = { url: `http://127.0.0.1:${localCloud}`, token: readFileSync(join(home, 'secrets', 'cloud.token'), 'utf8').trim() };
    const swarm = startSwarm(cloud, home, identities);
    return {
      home, cloud, swarm,
      credentials: JSON.parse(readFileSync(join(home, 'credentials.json'), 'utf8')) as Credentials,
      stop: async () => {
        await end(swarm, 'SIGTERM');
        await end(system, 'SIGINT');
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
};
