/** The agent as one file, and the list of every npm package that is in it. */
import { build, type Plugin } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
/** The sources, also for who runs this compiled. */
export const AGENT_FOLDER = basename(HERE) === 'dist' ? dirname(HERE) : HERE;

const ANY_ZOD = /^import \{ z \} from 'zod';/m;
/** Our own packages whose modules do nothing but define things. */
const ONLY_DEFINES = /\/(contracts|kit\/crypto)\/src\//;

/**
 * Leaves out what the agent does not use: the contracts between services, and most of zod. `z` is a namespace that is
 * handed on, of which esbuild keeps everything; imported as a namespace it keeps what is used.
 */
const slim: Plugin = {
  name: 'slim',
  setup: (bundler) => {
    bundler.onLoad({ filter: /\/(contracts|kit|agent)\/.*\.ts$/ }, async ({ path }) => ({
      loader: 'ts', contents: (await readFile(path, 'utf8')).replace(ANY_ZOD, "import * as z from 'zod';"),
    }));
    bundler.onResolve({ filter: /^[.@]/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (kind === 'entry-point' || pluginData === slim) return undefined;
      const resolved = await bundler.resolve(path, { kind, importer, resolveDir, pluginData: slim });
      return ONLY_DEFINES.test(resolved.path) ? { ...resolved, sideEffects: false } : resolved;
    });
  },
};

/**
 * Node's own modules by `getBuiltinModule`: an `import` reads each of their exports once, and reading `WebSocket` from
 * `node:http` loads what `fetch` is made of, 14 MB.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^(node:)?[a-z_/]+$/ }, ({ path }) => (isBuiltin(path) ? { path, namespace: 'node' } : undefined));
    bundler.onLoad({ filter: /.*/, namespace: 'node' }, ({ path }) => ({ contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})` }));
  },
};

export type AgentBundle = { readonly version: string; readonly code: Uint8Array; readonly packages: readonly string[] };

const packageOf = (path: string): string | undefined => /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];

export const bundleAgent = async (): Promise<AgentBundle> => {
  const { version } = JSON.parse(await readFile(join(AGENT_FOLDER, 'package.json'), 'utf8')) as { version: string };
  const { outputFiles, metafile } = await build({
    entryPoints: [join(AGENT_FOLDER, 'src/main.ts')],
    absWorkingDir: AGENT_FOLDER,
    bundle: true, write: false, metafile: true, minify: true,
    platform: 'node', target: 'node24', format: 'esm', conditions: ['citrus:source'], outfile: 'agent.mjs',
    define: { CITRUS_AGENT_VERSION: JSON.stringify(version) },
    plugins: [slim, lazyBuiltins],
    logLevel: 'silent',
  });
  const used = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs)).filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
  const packages = [...new Set(used.map(packageOf).filter((name) => name !== undefined))].toSorted();
  return { version, code: outputFiles[0]?.contents ?? new Uint8Array(), packages };
};
