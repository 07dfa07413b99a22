/**
 * Reads every installer of a folder of folders. One bad installer is refused with file, line and reason and spoils no
 * other; what was read is one value, so that whoever uses it sees all of it or nothing.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BundledVersions, MANIFEST_FILE, parseExpression, sourcesOf, VERSIONS_FILE, type Installer, type InstallerManifest, type RefusedInstaller } from '@citrus/contracts';
import { BadFolder, bundleOf, type Bundle } from './bundle.ts';
import { withoutCircles } from './dependency-circles.ts';
import { readManifest } from './manifest-text.ts';

export type LoadedInstaller = { readonly installer: Installer; readonly bundle: Bundle };
export type InstallerSet = { readonly installers: ReadonlyMap<string, LoadedInstaller>; readonly refused: readonly RefusedInstaller[] };

type Reading = { readonly loaded: LoadedInstaller } | { readonly refused: readonly RefusedInstaller[] };

const versionsOf = ({ files }: Bundle) => {
  const file = files.find(({ path }) => path === VERSIONS_FILE);
  return BundledVersions.safeParse(Buffer.from(file?.base64 ?? '', 'base64').toString('utf8').split('\n').map((line) => line.trim()).filter((line) => line !== ''));
};
const usesVersions = ({ inputs }: InstallerManifest): boolean => inputs.some(({ choices_from: from }) => from !== undefined && sourcesOf(parseExpression(from)).includes('versions'));

const readInstaller = async (directory: string, folder: string): Promise<Reading> => {
  const refuse = (file: string, reason: string, line: number | null = null) => ({ refused: [{ folder, file, line, reason }] });
  const bundle = await bundleOf(join(directory, folder));
  const file = bundle.files.find(({ path }) => path === MANIFEST_FILE);
  if (!file) return refuse(MANIFEST_FILE, 'there is no manifest.yml in the folder');
  const reading = readManifest(Buffer.from(file.base64, 'base64').toString('utf8'));
  if ('problems' in reading) return { refused: reading.problems.map(({ line, reason }) => ({ folder, file: MANIFEST_FILE, line, reason })) };
  const { manifest } = reading;
  if (manifest.id !== folder) return refuse(MANIFEST_FILE, `the id is "${manifest.id}", but the folder is named "${folder}"`);
  const missing = [manifest.install_script, ...Object.values(manifest.scripts)].filter((script) => !bundle.files.some(({ path }) => path === script));
  if (missing.length > 0) return { refused: missing.map((script) => ({ folder, file: script, line: null, reason: 'the manifest names this script, but it is not in the folder' })) };
  const versions = versionsOf(bundle);
  if (!versions.success) return refuse(VERSIONS_FILE, 'one version a line, at most 200: letters, digits and . _ + ~ : -');
  if (usesVersions(manifest) && versions.data.length === 0) return refuse(VERSIONS_FILE, 'an input chooses from @versions, but there is no version in this file');
  return { loaded: { installer: { ...manifest, digest: bundle.digest, versions: versions.data }, bundle } };
};

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const readOrRefuse = async (directory: string, folder: string): Promise<Reading> => {
  try {
    return await readInstaller(directory, folder);
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
    if (entry.name.startsWith('.') || entry.isFile()) continue;
    const reading: Reading = entry.isDirectory()
      ? await readOrRefuse(directory, entry.name)
      : { refused: [{ folder: entry.name, file: '.', line: null, reason: 'an installer is a folder, not a link to one' }] };
    if ('loaded' in reading) installers.set(reading.loaded.installer.id, reading.loaded);
    else refused.push(...reading.refused);
  }
  return withoutCircles({ installers, refused });
};
