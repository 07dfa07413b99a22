#!/usr/bin/env node
/**
 * The `citrus` command, on whatever Node stands first on the PATH (20 or newer): it compiles its sources when they are
 * newer than what was compiled, and runs under the project's own Node. In the common case both are there already and
 * this costs a few milliseconds.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import module from 'node:module';
import { constants, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const bin = join(root, 'node_modules', '.bin');
const program = join(root, 'cli', 'dist', 'main.js');
const stamp = join(root, 'cli', 'dist', '.compiled');
const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };

const fail = (what, advice) => {
  process.stderr.write(`citrus: ${what}\n        ${advice}\n`);
  process.exit(1);
};

const newestOf = (path) => {
  const { mtimeMs } = statSync(path);
  const inside = readdirSync(path, { recursive: true }).filter((name) => name.endsWith('.ts'));
  return Math.max(mtimeMs, ...inside.map((name) => statSync(join(path, name)).mtimeMs));
};

const compileIfNeeded = () => {
  const compiler = join(bin, 'tsc');
  // Shipped without a compiler, it comes compiled.
  if (!existsSync(compiler)) return;
  const newest = Math.max(...['cli', 'contracts'].map((folder) => newestOf(join(root, folder, 'src'))));
  if (existsSync(program) && existsSync(stamp) && statSync(stamp).mtimeMs >= newest) return;
  const { status, stdout } = spawnSync(compiler, ['-b', 'cli'], { cwd: root, env, encoding: 'utf8' });
  if (status !== 0) fail(`its sources do not compile:\n${stdout}`, 'Mend what is named above, or clone anew.');
  writeFileSync(stamp, '');
  // A source from the future (a clock that was wrong) must not make every call compile.
  if (newest > Date.now()) utimesSync(stamp, newest / 1000, newest / 1000);
};

const runUnderOurNode = () => {
  const child = spawn(join(bin, 'node'), [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
};

if (!existsSync(join(root, 'node_modules'))) fail('the packages are not installed', `Run npm start or npm install in ${root} first.`);
compileIfNeeded();
if (Number(process.versions.node.split('.')[0]) >= 24) {
  // In a folder of our own: the usual place is below /tmp, where others could lay something ready for us.
  module.enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'citrus', 'code'));
  await import(pathToFileURL(program).href);
} else runUnderOurNode();
