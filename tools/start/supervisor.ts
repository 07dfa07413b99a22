/**
 * Keeps the system's programs running: starts them, writes their pid files and logs, starts them again when they die,
 * and stops them in reverse order. Programs that an earlier, killed run left behind are stopped first.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@citrus/kit-embedded';
import type { Home } from './home.ts';

export type Program = Command & {
  readonly name: string;
  readonly stopSignal?: NodeJS.Signals;
};

type Supervised = { readonly program: Program; child: ChildProcess; diedAtMs: number[] };

const STOP_WITHIN_MS = 20_000;
const ROTATE_LOG_BYTES = 20_000_000;
const FIRST_RESTART_MS = 200;
const SLOWEST_RESTART_MS = 10_000;
/** Deaths older than this no longer slow down a restart. */
const FORGET_DEATHS_MS = 60_000;

/** Marks our programs in /proc, so that a stale pid that now belongs to somebody else is left alone. */
const MARK = 'CITRUS_SUPERVISED';

export class Supervisor {
  readonly #home: Home;
  readonly #running: Supervised[] = [];
  #stopping = false;
  readonly #onRestart: (name: string, why: string) => void;

  constructor(home: Home, onRestart: (name: string, why: string) => void) {
    this.#home = home;
    this.#onRestart = onRestart;
  }

  start(program: Program): void {
    const supervised: Supervised = { program, child: this.#spawn(program), diedAtMs: [] };
    this.#running.push(supervised);
    this.#watch(supervised);
  }

  /** What the program printed last, for a message about why it would not start. */
  lastWords(name: string): string {
    try {
      return readFileSync(this.logOf(name), 'utf8').trimEnd().split('\n').slice(-8).join('\n');
    } catch {
      return '';
    }
  }

  logOf(name: string): string {
    return this.#home.path('logs', `${name}.log`);
  }

  /** How often the program died in the last minute. */
  deathsOf(name: string): number {
    return this.#running.find(({ program }) => program.name === name)?.diedAtMs.length ?? 0;
  }

  async stopAll(): Promise<void> {
    this.#stopping = true;
    for (const supervised of this.#running.toReversed()) {
      await stop(supervised.child, supervised.program.stopSignal ?? 'SIGTERM');
      rmSync(this.#pidFile(supervised.program.name), { force: true });
    }
  }

  #pidFile(name: string): string {
    return this.#home.path('run', `${name}.pid`);
  }

  #spawn(program: Program): ChildProcess {
    const log = openSync(rotated(this.logOf(program.name)), 'a', 0o640);
    // A group of its own: Ctrl-C in the terminal reaches the supervisor alone, which then stops all in order.
    const child = spawn(program.command, program.args, {
      env: { ...(program.env ?? process.env), [MARK]: this.#home.dir },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    if (child.pid !== undefined) writeFileSync(this.#pidFile(program.name), `${child.pid}\n`);
    return child;
  }

  #watch(supervised: Supervised): void {
    const { program } = supervised;
    const died = (why: string) => {
      if (this.#stopping) return;
      const now = Date.now();
      supervised.diedAtMs = [...supervised.diedAtMs.filter((at) => now - at < FORGET_DEATHS_MS), now];
      const afterMs = Math.min(SLOWEST_RESTART_MS, FIRST_RESTART_MS * 2 ** (supervised.diedAtMs.length - 1));
      this.#onRestart(program.name, why);
      setTimeout(() => {
        if (this.#stopping) return;
        supervised.child = this.#spawn(program);
        this.#watch(supervised);
      }, afterMs);
    };
    supervised.child.once('error', (error) => died(error.message));
    supervised.child.once('exit', (code, signal) => died(signal ? `killed by ${signal}` : `ended with ${code}`));
  }
}

const rotated = (file: string): string => {
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes > ROTATE_LOG_BYTES) renameSync(file, `${file}.1`);
  return file;
};

const isAlive = (child: ChildProcess): boolean => child.pid !== undefined && child.exitCode === null && child.signalCode === null;

const stop = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (!isAlive(child)) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await gone;
  clearTimeout(timer);
};

const isOurs = (pid: number, home: Home): boolean => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`${MARK}=${home.dir}`);
  } catch {
    return false;
  }
};

/** Stops what a killed supervisor left running in this home. @returns the names of what was stopped */
export const stopLeftovers = async (home: Home): Promise<string[]> => {
  const stopped: string[] = [];
  const files = readdirSync(home.path('run')).filter((file) => file.endsWith('.pid'));
  for (const file of files) {
    const pidFile = join(home.path('run'), file);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    if (Number.isInteger(pid) && pid > 1 && isOurs(pid, home)) {
      stopped.push(file.slice(0, -'.pid'.length));
      // PostgreSQL would wait for its clients at SIGTERM.
      process.kill(pid, file === 'postgres.pid' ? 'SIGINT' : 'SIGTERM');
      const deadline = Date.now() + STOP_WITHIN_MS;
      while (isOurs(pid, home)) {
        if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    rmSync(pidFile, { force: true });
  }
  return stopped;
};
