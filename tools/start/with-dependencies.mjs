/**
 * The first thing that `npm start` and `npm test` run, on whatever Node the machine has (20 or newer): it installs the
 * project's packages if they are missing or older than the lock file, compiles the program asked for, and hands over to the Node
 * that came with the packages.
 *
 *   node tools/start/with-dependencies.mjs <folder>/<program> [arguments]
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const bin = join(root, 'node_modules', '.bin');
const stamp = join(root, 'node_modules', '.citrus-lock');

const lockDigest = () => createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');

const installIfNeeded = () => {
  const wanted = lockDigest();
  if (existsSync(join(bin, 'node')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stdout.write('  … packages: npm install (once; about half a minute)\n');
  const npm = process.env.npm_execpath;
  // Not `npm ci`: it refuses a lock file when the registry lacks another platform's optional package.
  const arguments_ = ['install', '--no-audit', '--no-fund', '--loglevel=error'];
  const result = npm
    ? spawnSync(process.execPath, [npm, ...arguments_], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
    : spawnSync('npm', arguments_, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (result.status !== 0) {
    process.stderr.write('\n  ✗ packages could not be installed: see npm\'s words above. Is the package registry reachable? Then run the command again.\n');
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
};

const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };

const compile = (folder) => {
  const result = spawnSync(join(bin, 'tsc'), ['-b', folder], { cwd: root, stdio: 'inherit', env });
  if (result.status !== 0) process.exit(1);
};

installIfNeeded();
const [program, ...rest] = process.argv.slice(2);
const [folder, ...path] = program.split('/');
compile(folder);
const child = spawn(join(bin, 'node'), ['--enable-source-maps', join(root, folder, 'dist', `${path.join('/')}.js`), ...rest], { stdio: 'inherit', env });
// A terminal sends Ctrl-C to the child as well; a plain kill reaches only us, so pass it on.
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
process.on('SIGINT', () => undefined);
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
