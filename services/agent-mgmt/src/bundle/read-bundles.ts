/** Reads the bundles that stand beside the installers. One bad bundle is refused with file, line and reason and spoils no other. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLE_FILE, BundleManifest, BUNDLES_FOLDER, type AppBundle, type RefusedInstaller } from '@citrus/contracts';
import { BadFolder, readYaml, type Kind } from '@citrus/contracts/installer-folder';
import { bundleOf, type Bundle } from '../installer/bundle.ts';
import { edgesOf, orderOf } from './bundle-order.ts';
import { bundleProblems, type FindInstaller } from './bundle-rules.ts';

export type BundleSet = { readonly bundles: ReadonlyMap<string, AppBundle>; readonly refused: readonly RefusedInstaller[] };
type Reading = { readonly bundle: AppBundle } | { readonly refused: readonly RefusedInstaller[] };

const kindFor = (find: FindInstaller): Kind<BundleManifest> => ({ what: 'a bundle', schema: BundleManifest, rules: bundleProblems(find) });

/** Wherever its files come from. */
export const appBundleOf = (name: string, { files, digest }: Bundle, find: FindInstaller): Reading => {
  const folder = `${BUNDLES_FOLDER}/${name}`;
  const refuse = (reason: string) => ({ refused: [{ folder, file: BUNDLE_FILE, line: null, reason }] });
  const file = files.find(({ path }) => path === BUNDLE_FILE);
  if (!file) return refuse('there is no bundle.yml in the folder');
  const reading = readYaml(file.text, kindFor(find));
  if ('problems' in reading) return { refused: reading.problems.map(({ line, reason }) => ({ folder, file: BUNDLE_FILE, line, reason })) };
  const { value: manifest } = reading;
  if (manifest.id !== name) return refuse(`the id is "${manifest.id}", but the folder is named "${name}"`);
  const found = orderOf(edgesOf(manifest.apps, manifest.servers, find));
  return 'circle' in found ? refuse('its apps have no order') : { bundle: { ...manifest, digest, order: [...found.order] } };
};

const readOrRefuse = async (directory: string, name: string, find: FindInstaller): Promise<Reading> => {
  try {
    return appBundleOf(name, await bundleOf(join(directory, BUNDLES_FOLDER, name)), find);
  } catch (error) {
    return { refused: [{ folder: `${BUNDLES_FOLDER}/${name}`, file: error instanceof BadFolder ? error.file : '.', line: null, reason: error instanceof Error ? error.message : String(error) }] };
  }
};

/** None where there is no such folder. */
export const readBundles = async (directory: string, find: FindInstaller): Promise<BundleSet> => {
  const entries = await readdir(join(directory, BUNDLES_FOLDER), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const bundles = new Map<string, AppBundle>();
  const refused: RefusedInstaller[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.isFile()) continue;
    const reading: Reading = entry.isDirectory() ? await readOrRefuse(directory, entry.name, find) : { refused: [{ folder: `${BUNDLES_FOLDER}/${entry.name}`, file: '.', line: null, reason: 'a bundle is a folder, not a link to one' }] };
    if ('bundle' in reading) bundles.set(reading.bundle.id, reading.bundle);
    else refused.push(...reading.refused);
  }
  return { bundles, refused };
};
