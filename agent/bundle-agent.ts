/** The agent as one file, and the list of every npm package that is in it. */
import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const AGENT_FOLDER = dirname(fileURLToPath(import.meta.url));
/** Some of nats.js is CommonJS and asks for Node's own modules by `require`. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

export type AgentBundle = { readonly version: string; readonly code: Uint8Array; readonly packages: readonly string[] };

const packageOf = (path: string): string | undefined => /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];

export const bundleAgent = async (): Promise<AgentBundle> => {
  const { version } = JSON.parse(await readFile(join(AGENT_FOLDER, 'package.json'), 'utf8')) as { version: string };
  const { outputFiles, metafile } = await build({
    entryPoints: [join(AGENT_FOLDER, 'src/main.ts')],
    absWorkingDir: AGENT_FOLDER,
    bundle: true, write: false, metafile: true, minify: true,
    platform: 'node', target: 'node24', format: 'esm', conditions: ['citrus:source'], outfile: 'agent.mjs',
    banner: { js: REQUIRE },
    define: { CITRUS_AGENT_VERSION: JSON.stringify(version) },
    logLevel: 'silent',
  });
  const used = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  const packages = [...new Set(used.map(packageOf).filter((name) => name !== undefined))].toSorted();
  return { version, code: outputFiles[0]?.contents ?? new Uint8Array(), packages };
};
