/**
 * Builds the panel into `dist/`: content-hashed ES modules and CSS under `assets/`, and the one `index.html` that names
 * them. Files under `assets/` never change and may be cached for ever; `index.html` may not.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';

const root = import.meta.dirname;

/** The pattern engine is bigger than the rest of the panel; `install/patterns.ts` loads it when a form needs it. */
const patternsOnDemand: Plugin = {
  name: 'patterns-on-demand',
  setup(esbuild) {
    const standIn = join(root, 'src/install/patterns.ts');
    esbuild.onResolve({ filter: /^re2js$/ }, ({ importer }) => (importer === standIn ? undefined : { path: standIn }));
  },
};

export type BuiltFile = { readonly path: string; readonly contents: Uint8Array };

const entryOf = (outputs: Record<string, { entryPoint?: string }>, entry: string): string => {
  const found = Object.entries(outputs).find(([, output]) => output.entryPoint === entry);
  if (!found) throw new Error(`the build made nothing of ${entry}`);
  return `/${relative(join(root, 'dist'), join(root, found[0]))}`;
};

/** Everything that `dist/` shall hold, by path below it. */
export const buildPanel = async (): Promise<BuiltFile[]> => {
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['src/main.tsx', 'src/styles/panel.css', 'src/icon.svg'],
    entryNames: 'assets/[name]-[hash]',
    chunkNames: 'assets/[name]-[hash]',
    assetNames: 'assets/[name]-[hash]',
    outdir: 'dist',
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
    minify: true,
    metafile: true,
    legalComments: 'none',
    conditions: ['citrus:source'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.svg': 'copy' },
    plugins: [patternsOnDemand],
    logLevel: 'error',
  });
  const template = await readFile(join(root, 'src/index.html'), 'utf8');
  const { outputs } = result.metafile;
  const html = template
    .replace('{{script}}', entryOf(outputs, 'src/main.tsx'))
    .replace('{{style}}', entryOf(outputs, 'src/styles/panel.css'))
    .replace('{{icon}}', entryOf(outputs, 'src/icon.svg'));
  const files = result.outputFiles.map(({ path, contents }) => ({ path: relative(join(root, 'dist'), path), contents }));
  return [...files, { path: 'index.html', contents: new TextEncoder().encode(html) }];
};

/** Every file at once or not at all, `index.html` last: another build may be writing the same ones, and a hub reading them. */
const writePanel = async (directory: string): Promise<void> => {
  const files = await buildPanel();
  await mkdir(join(directory, 'assets'), { recursive: true });
  for (const { path, contents } of files) {
    const unfinished = join(directory, `.${basename(path)}.${process.pid}`);
    await writeFile(unfinished, contents);
    await rename(unfinished, join(directory, path));
  }
  const built = new Set(files.map(({ path }) => path));
  const old = (await readdir(join(directory, 'assets'))).map((name) => join('assets', name)).filter((path) => !built.has(path));
  for (const path of old) await rm(join(directory, path), { force: true });
};

if (import.meta.main) await writePanel(join(root, 'dist'));
