/**
 * The Node runtimes that agents run on, pinned by the SHA-256 of the binary in `runtime.json`. They come from npm: the
 * one that this repository already runs on if it is the very same, else the package of that platform. Packed once and
 * cached, because packing takes seconds and `npm start` must not.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { AGENT_FOLDER } from './bundle-agent.ts';

export const ARCHITECTURES = ['x64', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];
export type Pinned = { readonly version: string; readonly platforms: Record<Architecture, { readonly package: string; readonly sha256: string }> };
/** `file` is the packed runtime, `digest` its SHA-256, `sha256` that of the binary inside. */
export type PackedRuntime = { readonly file: string; readonly digest: string; readonly sha256: string; readonly version: string };

export const pinnedRuntimes = async (): Promise<Pinned> => JSON.parse(await readFile(join(AGENT_FOLDER, 'runtime.json'), 'utf8')) as Pinned;

export const sha256OfFile = async (file: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
};

const run = async (command: string, parameters: readonly string[]): Promise<void> => {
  const child = spawn(command, parameters, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${command} ${parameters.join(' ')} failed: ${said.trim().split('\n').at(-1) ?? ''}`);
};

/** The binary from npm, unpacked into `folder`. */
const download = async (name: string, version: string, folder: string): Promise<string> => {
  await run('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', folder]);
  const archive = (await readdir(folder)).find((file) => file.endsWith('.tgz'));
  if (!archive) throw new Error(`npm pack ${name}@${version} left no archive`);
  await run('tar', ['-xzf', join(folder, archive), '-C', folder, 'package/bin/node']);
  return join(folder, 'package/bin/node');
};

const pack = async (binary: string, cached: string): Promise<void> => {
  const beside = `${cached}.${process.pid}`;
  await pipeline(createReadStream(binary), createGzip({ level: 1 }), createWriteStream(beside));
  await writeFile(`${cached}.sha256`, await sha256OfFile(beside));
  await rename(beside, cached);
};

/** @throws if neither the installed runtime nor the one from npm is the pinned one. */
export const packedRuntime = async (architecture: Architecture, cacheDir: string): Promise<PackedRuntime> => {
  const { version, platforms } = await pinnedRuntimes();
  const { package: name, sha256 } = platforms[architecture];
  const cached = join(cacheDir, `node-${architecture}-${sha256.slice(0, 16)}.gz`);
  if (!existsSync(cached)) {
    await mkdir(cacheDir, { recursive: true });
    const installed = join(AGENT_FOLDER, '../node_modules/node/bin/node');
    const folder = await mkdtemp(join(tmpdir(), 'citrus-runtime-'));
    try {
      const isInstalled = existsSync(installed) && (await sha256OfFile(installed)) === sha256;
      const binary = isInstalled ? installed : await download(name, version, folder);
      if (!isInstalled && (await sha256OfFile(binary)) !== sha256) throw new Error(`${name}@${version} is not the runtime that agent/runtime.json pins`);
      await pack(binary, cached);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return { file: cached, digest: await readFile(`${cached}.sha256`, 'utf8'), sha256, version };
};
