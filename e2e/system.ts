/** The whole system as `npm start` runs it, in a home and on a port of its own, and a client that talks to it as a program would. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@citrus/kit-embedded';

const root = fileURLToPath(new URL('..', import.meta.url));
const READY_WITHIN_MS = 240_000;

export type Credentials = { readonly url: string; readonly email: string; readonly password: string };

export type System = {
  readonly home: string;
  readonly port: number;
  readonly url: string;
  readonly credentials: Credentials;
  output(): string;
  /** The process id of one of its programs, from its pid file. */
  pidOf(program: string): number;
  /** As a crash would: the program is gone at once; the supervisor starts it again. */
  kill(program: string): Promise<void>;
  /** `npm start` itself, as a crash would; what it started goes on. */
  killSupervisor(): Promise<void>;
  /** Ctrl-C, and wait until everything has stopped; the home stays. */
  stop(): Promise<void>;
  /** `npm start` again in the same home. */
  start(): Promise<void>;
  /** Stops it and removes its home; fails when the cloud was asked or answered what its official document does not know. */
  dispose(): Promise<void>;
};

export type StartResult = { readonly code: number | null; readonly output: string };

export type StartOptions = { readonly driver?: 'auto' | 'process' | 'none'; readonly env?: NodeJS.ProcessEnv };

const launch = (home: string, port: number, { driver = 'auto', env = {} }: StartOptions): { child: ChildProcess; output: () => string } => {
  const child = spawn(process.execPath, ['--enable-source-maps', join(root, 'tools/dist/start/main.js')], {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'production', CITRUS_HOME: home, CITRUS_PORT: String(port), CITRUS_CLOUD_DRIVER: driver, LOCAL_CLOUD_CONFORMANCE: 'record', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: Buffer) => (output += chunk.toString());
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return { child, output: () => output };
};

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

const untilReady = async ({ child, output }: ReturnType<typeof launch>): Promise<void> => {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!output().includes('Citrus is ready')) {
    if (!isRunning(child)) throw new Error(`npm start ended with ${child.exitCode}:\n${output()}`);
    if (Date.now() > deadline) throw new Error(`not ready within ${READY_WITHIN_MS} ms:\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

export const newHome = (): string => mkdtempSync(join(tmpdir(), 'citrus-e2e-'));

/** Runs `npm start` where it is expected to fail. */
export const startInVain = async (options: StartOptions & { home?: string; port?: number } = {}): Promise<StartResult> => {
  const home = options.home ?? newHome();
  const { child, output } = launch(home, options.port ?? (await freePort()), options);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (!options.home) rmSync(home, { recursive: true, force: true });
  return { code, output: output() };
};

export const startSystem = async (options: StartOptions = {}): Promise<System> => {
  const home = newHome();
  const port = await freePort();
  let launched = launch(home, port, options);
  const stop = async () => {
    if (!isRunning(launched.child)) return;
    const gone = once(launched.child, 'exit');
    launched.child.kill('SIGINT');
    await gone;
  };
  try {
    await untilReady(launched);
  } catch (error) {
    await stop();
    throw error;
  }
  const pidOf = (program: string) => {
    const pid = Number(readFileSync(join(home, 'run', `${program}.pid`), 'utf8'));
    // Empty while it is written; and a signal to 0 is one to us all.
    if (!(pid > 0)) throw new Error(`${program} has no process id yet`);
    return pid;
  };
  return {
    home,
    port,
    url: `http://localhost:${port}`,
    credentials: JSON.parse(readFileSync(join(home, 'credentials.json'), 'utf8')) as Credentials,
    output: () => launched.output(),
    pidOf,
    kill: async (program) => {
      const pid = pidOf(program);
      process.kill(pid, 'SIGKILL');
      while (existsSync(`/proc/${pid}`)) await new Promise((resolve) => setTimeout(resolve, 10));
    },
    killSupervisor: async () => {
      const gone = once(launched.child, 'exit');
      launched.child.kill('SIGKILL');
      await gone;
    },
    stop,
    start: async () => {
      launched = launch(home, port, options);
      await untilReady(launched);
    },
    dispose: async () => {
      await stop();
      const violations = join(home, 'cloud/conformance-violations.json');
      const found = existsSync(violations) ? readFileSync(violations, 'utf8') : undefined;
      rmSync(home, { recursive: true, force: true });
      if (found !== undefined) throw new Error(`what was asked of the cloud or answered is not as DigitalOcean’s own document says: ${found}`);
    },
  };
};
