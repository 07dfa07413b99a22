/**
 * Reads every installer of a folder of folders. One bad installer is refused with file, line and reason and spoils no
 * other; what was read is one value, so that whoever uses it sees all of it or nothing.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLES_FOLDER, type Installer, type RefusedInstaller } from '@citrus/contracts';
import { BadFolder, readInstallerFolder } from '@citrus/contracts/installer-folder';
import { bundleOf, type Bundle } from './bundle.ts';
import { withoutCircles } from './dependency-circles.ts';

export type LoadedInstaller = { readonly installer: Installer; readonly bundle: Bundle };
export type InstallerSet = { readonly installers: ReadonlyMap<string, LoadedInstaller>; readonly refused: readonly RefusedInstaller[] };

type Reading = { readonly loaded: LoadedInstaller } | { readonly refused: readonly RefusedInstaller[] };

/** Wherever its files come from. */
export const installerOf = (folder: string, bundle: Bundle): Reading => {
  const reading = readInstallerFolder(folder, bundle.files);
  if ('refused' in reading) return reading;
  return { loaded: { installer: { ...reading.manifest, digest: bundle.digest, versions: reading.versions }, bundle } };
};

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const readOrRefuse = async (directory: string, folder: string): Promise<Reading> => {
  try {
    return installerOf(folder, await bundleOf(join(directory, folder)));
  } catch (error) {
    return { refused: [{ folder, file: error instanceof BadFolder ? error.file : '.', line: null, reason: reasonOf(error) }] };
  }
};

/** @throws when the directory itself cannot be read; then nothing is known about any installer. */
export const readInstallers = async (directory: string): Promise<InstallerSet> => {
  const installers = new Map<string, LoadedInstaller>();
  const refused: RefusedInstaller[] = [];
  const entries = await readdir(directory, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.isFile() || entry.name === BUNDLES_FOLDER) continue;
    const reading: Reading = entry.isDirectory()
      ? await readOrRefuse(directory, entry.name)
      : { refused: [{ folder: entry.name, file: '.', line: null, reason: 'an installer is a folder, not a link to one' }] };
    if ('loaded' in reading) installers.set(reading.loaded.installer.id, reading.loaded);
    else refused.push(...reading.refused);
  }
  return withoutCircles({ installers, refused });
};
