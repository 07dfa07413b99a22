/** The `citrus` command as a person runs it in a shell, with files of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const binary = fileURLToPath(new URL('../cli/bin/citrus.mjs', import.meta.url));
/** Some commands follow what they began to its end. */
const WITHIN_MS = 240_000;

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

export type Shell = {
  /** Where commands run and write. */
  readonly folder: string;
  /** A command line as it stands in a document. */
  run(line: string, env?: NodeJS.ProcessEnv, input?: string): Promise<Ran>;
  /** One that goes on until it is killed. */
  start(line: string): { readonly child: ChildProcess; output(): string };
  dispose(): void;
};

/** @param home of the system that is talked to */
export const openShell = (home: string): Shell => {
  const folder = mkdtempSync(join(tmpdir(), 'citrus-cli-'));
  mkdirSync(join(folder, 'bin'));
  symlinkSync(binary, join(folder, 'bin', 'citrus'));
  const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH']}`, CITRUS_HOME: home, XDG_CONFIG_HOME: join(folder, 'config'), XDG_CACHE_HOME: join(folder, 'cache'), NO_COLOR: '1' };
  return {
    folder,
    run: (line, more = {}, input = '') =>
      new Promise((resolve) => {
        const child = spawn('bash', ['-c', line], { cwd: folder, env: { ...env, ...more }, timeout: WITHIN_MS, killSignal: 'SIGKILL' });
        let [out, err] = ['', ''];
        child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
        child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
        child.on('close', (code) => resolve({ code, out, err }));
        // Most never read it.
        child.stdin.on('error', () => undefined);
        child.stdin.end(input);
      }),
    start: (line) => {
      const child = spawn('bash', ['-c', `exec ${line}`], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      return { child, output: () => output };
    },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
};
