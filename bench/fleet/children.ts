/** Programs that tell what they do as JSON lines on stdout. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** From `bench/dist/fleet`. */
const dist = fileURLToPath(new URL('..', import.meta.url));

export type Line = Readonly<Record<string, unknown>>;
export type Child = {
  readonly pid: number;
  hasEnded(): boolean;
  /** The newest line that has this field. */
  last(field: string): Line | undefined;
  /** The next line that has it. */
  next(field: string): Promise<Line>;
  say(text: string): void;
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
};

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** @param program below `bench/`, without its ending */
export const startChild = (program: string, args: readonly string[], onLine: (line: Line) => void = () => undefined): Child => {
  const child = spawn(process.execPath, ['--enable-source-maps', `${dist}${program}.js`, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  process.once('exit', () => void child.kill('SIGKILL'));
  const newest = new Map<string, Line>();
  const waiting = new Map<string, PromiseWithResolvers<Line>>();
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Line;
    onLine(line);
    for (const field of Object.keys(line)) {
      newest.set(field, line);
      waiting.get(field)?.resolve(line);
      waiting.delete(field);
    }
  });
  child.once('exit', (code, signal) => {
    for (const [field, { reject }] of waiting) reject(new Error(`${program} ended (${code ?? signal}) before it told ${field}`));
  });
  return {
    pid: child.pid ?? -1,
    hasEnded: () => hasEnded(child),
    last: (field) => newest.get(field),
    next: (field) => {
      const awaited = waiting.get(field) ?? Promise.withResolvers<Line>();
      waiting.set(field, awaited);
      return awaited.promise;
    },
    say: (text) => void child.stdin.write(`${text}\n`),
    signal: (name) => void child.kill(name),
    stop: async () => {
      if (hasEnded(child)) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
};
