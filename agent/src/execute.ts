/** Runs one script in a process group of its own, with nothing to read and a time by which it ends. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { endGroup, endStragglers } from './process-group.ts';

export type Execution = {
  readonly script: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Also in the environment; see `process-group.ts`. */
  readonly home: string;
  readonly timeoutMs: number;
  readonly graceMs: number;
  /** Aborted by a cancel or by the agent's own end. */
  readonly signal: AbortSignal;
  readonly onOutput: (bytes: Uint8Array) => void;
};
export type Execute = (execution: Execution) => Promise<Executed>;
export type Executed = { readonly exitCode: number; readonly ended: 'by-itself' | 'timed-out' | 'aborted' };

/** A fixed text: only joins the two outputs, in the order in which they are written. Inputs never come near it. */
const JOIN_OUTPUTS = 'exec /bin/bash --noprofile --norc "$1" 2>&1';
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

export const execute: Execute = async ({ script, folder, environment, home, timeoutMs, graceMs, signal, onOutput }) => {
  const child = spawn('/bin/bash', ['--noprofile', '--norc', '-c', JOIN_OUTPUTS, 'citrus', script], {
    cwd: folder, env: environment, detached: true, stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.stdout.on('data', onOutput);
  const exited = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, endedBy) => resolve(exitCodeOf(code, endedBy)));
  });
  const group = { leader: child.pid, home };
  let ended: Executed['ended'] = 'by-itself';
  let ending: Promise<void> | undefined;
  const end = (why: Executed['ended']) => {
    if (ending) return;
    ended = why;
    ending = endGroup(group, graceMs);
  };
  const timer = setTimeout(() => end('timed-out'), timeoutMs);
  const abort = () => end('aborted');
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    const exitCode = await exited;
    clearTimeout(timer);
    await (ending ?? undefined);
    if (child.pid !== undefined) await endStragglers(child.pid);
    await drain(child.stdout);
    return { exitCode, ended };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
};
