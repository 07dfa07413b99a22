/** Starting a program, waiting until it is usable, and stopping it by its process id. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';

export type Command = { readonly command: string; readonly args: readonly string[]; readonly env?: NodeJS.ProcessEnv };

/** A running program with the last lines that it printed. */
export type Running = { readonly child: ChildProcess; readonly pid: number; output(): string; stop(signal?: NodeJS.Signals): Promise<void> };

const KEPT_OUTPUT_CHARACTERS = 16_384;
const STOP_WITHIN_MS = 15_000;

export const run = (command: Command): Running => {
  const child = spawn(command.command, command.args, { env: command.env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-KEPT_OUTPUT_CHARACTERS));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.on('error', (error) => keep(Buffer.from(`${error.message}\n`)));
  const isGone = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  return {
    child,
    pid: child.pid ?? -1,
    output: () => output,
    async stop(signal = 'SIGTERM') {
      if (isGone()) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await gone;
      clearTimeout(timer);
    },
  };
};

export const isListening = (port: number, host = '127.0.0.1'): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host);
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.setTimeout(1000, () => settle(false));
  });

const POLL_EVERY_MS = 20;

/** Waits for a condition; fails early when the program that should make it true has ended, with what it printed. */
export const waitUntil = async (what: string, isTrue: () => Promise<boolean>, options: { timeoutMs: number; running?: Running }): Promise<void> => {
  const deadline = Date.now() + options.timeoutMs;
  while (!(await isTrue())) {
    const ended = options.running && (options.running.child.exitCode !== null || options.running.child.signalCode !== null || options.running.pid === -1);
    if (ended) throw new Error(`${what}: the program ended before it was ready.\n${options.running?.output() ?? ''}`);
    if (Date.now() > deadline) throw new Error(`${what}: not ready within ${options.timeoutMs} ms.\n${options.running?.output() ?? ''}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
  }
};
