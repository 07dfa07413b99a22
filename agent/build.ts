/**
 * `node agent/build.ts --out <folder> [--cache <folder>]`: everything that a server fetches to become an agent, as
 * files named by their SHA-256, and `index.json`, which says which is which. Files of earlier builds stay: a server
 * that was ordered yesterday asks for yesterday's.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, link, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AGENT_FOLDER, bundleAgent } from './bundle-agent.ts';
import { ARCHITECTURES, packedRuntime, type Architecture, type PackedRuntime } from './runtime.ts';

/** By name: `agent.mjs`, `install.sh`, `node-x64.gz`, `node-arm64.gz`. The file is named by the hex part of the digest. */
export type ArtifactIndex = Readonly<Record<string, { readonly digest: string; readonly version: string }>>;

const named = (hex: string): string => `sha256:${hex}`;
const hexOf = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const writeWhole = async (file: string, content: string | Uint8Array): Promise<void> => {
  await writeFile(`${file}.${process.pid}`, content);
  await rename(`${file}.${process.pid}`, file);
};

const store = async (out: string, content: string | Uint8Array): Promise<string> => {
  const hex = hexOf(content);
  if (!existsSync(join(out, hex))) await writeWhole(join(out, hex), content);
  return hex;
};

/** A link where it can be one: the runtimes are 50 MB each. */
const storeFile = async (out: string, { file, digest }: PackedRuntime): Promise<void> => {
  const target = join(out, digest);
  if (existsSync(target)) return;
  await link(file, target).catch(async () => {
    await copyFile(file, `${target}.${process.pid}`);
    await rename(`${target}.${process.pid}`, target);
  });
};

/** Servers of another architecture than ours are rare; without the registry the rest must still build. */
const runtimeOf = async (architecture: Architecture, cacheDir: string): Promise<PackedRuntime | undefined> => {
  try {
    return await packedRuntime(architecture, cacheDir);
  } catch (error) {
    if (architecture === arch()) throw error;
    process.stderr.write(`agent/build: no runtime for ${architecture}, such servers cannot join: ${error instanceof Error ? error.message : JSON.stringify(error)}\n`);
    return undefined;
  }
};

/** One file for every way in: droplets fetch it by its digest, people pipe it into a shell; so it carries its parts. */
const installScript = async (agent: string, runtimes: Partial<Record<Architecture, PackedRuntime>>): Promise<string> => {
  const part = (name: string) => readFile(join(AGENT_FOLDER, 'install', name), 'utf8');
  const values: Record<string, string> = { AGENT_SHA256: agent, GUARD_SCRIPT: (await part('guard.sh')).trimEnd(), LAUNCH_SCRIPT: (await part('launch.sh')).trimEnd(), UNINSTALL_SCRIPT: (await part('uninstall.sh')).trimEnd() };
  for (const architecture of ARCHITECTURES) {
    values[`RUNTIME_${architecture.toUpperCase()}_PACKED_SHA256`] = runtimes[architecture]?.digest ?? '';
    values[`RUNTIME_${architecture.toUpperCase()}_SHA256`] = runtimes[architecture]?.sha256 ?? '';
  }
  return (await part('install.sh')).replaceAll(/@([A-Z0-9_]+)@/g, (_, name: string) => values[name] ?? '');
};

export const buildAgent = async (out: string, cacheDir: string): Promise<ArtifactIndex> => {
  await mkdir(out, { recursive: true });
  const { version, code } = await bundleAgent();
  const agent = await store(out, code);
  const runtimes: Partial<Record<Architecture, PackedRuntime>> = {};
  for (const architecture of ARCHITECTURES) {
    const runtime = await runtimeOf(architecture, cacheDir);
    if (!runtime) continue;
    await storeFile(out, runtime);
    runtimes[architecture] = runtime;
  }
  const install = await store(out, await installScript(agent, runtimes));
  const index: ArtifactIndex = {
    'agent.mjs': { version, digest: named(agent) },
    'install.sh': { version, digest: named(install) },
    ...Object.fromEntries(Object.entries(runtimes).map(([name, runtime]) => [`node-${name}.gz`, { version: runtime.version, digest: named(runtime.digest) }])),
  };
  await writeWhole(join(out, 'index.json'), `${JSON.stringify(index, null, 2)}\n`);
  return index;
};

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: 'string' }, cache: { type: 'string', default: join(AGENT_FOLDER, '../.cache/agent-runtime') } } });
  if (values.out === undefined) {
    process.stderr.write('usage: node agent/build.ts --out <folder> [--cache <folder>]\n');
    process.exit(2);
  }
  process.stdout.write(`${JSON.stringify(await buildAgent(values.out, values.cache))}\n`);
}
