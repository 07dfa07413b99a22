/**
 * Runs one script in a process group and a control group of its own, with nothing to read and a time by which it ends.
 * It may use what the machine can spare: not all of its memory, processes and disk.
 */
import { spawn } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import type { Cgroups, Limits } from './cgroup.ts';
import { createGroup, endGroup, endStragglers } from './process-group.ts';

/** `disk`: this much stays free, for the agent and for whoever tidies up. */
export type MachineLimits = Limits & { readonly diskReserveBytes: number };
export type Execution = {
  /** Of the attempt. */
  readonly name: string;
  readonly script: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Also in the environment; see `process-group.ts`. */
  readonly home: string;
  readonly timeoutMs: number;
  readonly graceMs: number;
  readonly limits: MachineLimits;
  readonly cgroups: () => Cgroups;
  /** Aborted by a cancel or by the agent's own end. */
  readonly signal: AbortSignal;
  readonly onOutput: (bytes: Uint8Array) => void;
};
export type Execute = (execution: Execution) => Promise<Executed>;
/** `metLimit`: in words for people. */
export type Executed = { readonly exitCode: number; readonly ended: 'by-itself' | 'timed-out' | 'aborted' | 'disk-full'; readonly metLimit?: string | undefined };

/**
 * A fixed text: enters the control groups, makes itself the first whom the kernel ends when memory is short, leaves no core
 * dumps, and joins the two outputs in the order in which they are written. Inputs never come near it.
 */
const LAUNCH = 'ulimit -c 0; { echo 500 >/proc/self/oom_score_adj; for entrance in "${@:2}"; do echo 0 >"$entrance"; done; } 2>/dev/null; exec /bin/bash --noprofile --norc "$1" 2>&1';
/** Short enough that a process does not become nobody's child unseen too easily, long enough to cost nothing. */
const LOOK_EVERY_MS = 250;
/** A service that the script started may hold its output open for ever. */
const LAST_OUTPUT_MS = 300;

const exitCodeOf = (code: number | null, signal: NodeJS.Signals | null): number => code ?? 128 + (signal ? constants.signals[signal] : 0);

const drain = async (stream: Readable): Promise<void> => {
  if (!stream.readableEnded) {
    const stopWaiting = new AbortController();
    const ended = new Promise<void>((resolve) => stream.once('close', () => resolve()));
    await Promise.race([ended, delay(LAST_OUTPUT_MS, undefined, { signal: stopWaiting.signal }).catch(() => undefined)]);
    stopWaiting.abort();
  }
  stream.destroy();
};

const freeBytes = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};

/** A disk that was full before may be what the script is here to mend. */
const watchDisk = (folder: string, reserveBytes: number, onFull: () => void): (() => void) => {
  let wasEnough = freeBytes(folder) > reserveBytes;
  return () => {
    const isEnough = freeBytes(folder) > reserveBytes;
    if (wasEnough && !isEnough) onFull();
    wasEnough = isEnough;
  };
};

export const execute: Execute = async ({ name, script, folder, environment, home, timeoutMs, graceMs, limits, cgroups, signal, onOutput }) => {
  const cgroup = cgroups().open(name, limits);
  const child = spawn('/bin/bash', ['--noprofile', '--norc', '-c', LAUNCH, 'citrus', script, ...cgroup.entrances], {
    cwd: folder, env: environment, detached: true, stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.stdout.on('data', onOutput);
  const exited = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, endedBy) => resolve(exitCodeOf(code, endedBy)));
  });
  const group = createGroup({ leader: child.pid, home, cgroup });
  let ended: Executed['ended'] = 'by-itself';
  let ending: Promise<void> | undefined;
  const end = (why: Executed['ended'], withinMs = graceMs) => {
    if (ending) return;
    ended = why;
    ending = endGroup(group, withinMs);
  };
  const timer = setTimeout(() => end('timed-out'), timeoutMs);
  const checkDisk = watchDisk(folder, limits.diskReserveBytes, () => end('disk-full', 0));
  const watch = setInterval(() => {
    checkDisk();
    if (cgroup.entrances.length === 0) group.members();
  }, LOOK_EVERY_MS);
  const abort = () => end('aborted');
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    const exitCode = await exited;
    clearTimeout(timer);
    await (ending ?? undefined);
    if (child.pid !== undefined) await endStragglers(child.pid);
    // A cancel may have come meanwhile; it is told only when everybody is gone.
    await (ending ?? undefined);
    await drain(child.stdout);
    return { exitCode, ended, metLimit: cgroup.metLimit() };
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    signal.removeEventListener('abort', abort);
    cgroup.release();
  }
};
