/** One catalogue of the built-in folder and of every source, the same on every replica. Pure. */
import { BUNDLES_FOLDER, Digest, MANIFEST_FILE, type RefusedInstaller } from '@citrus/contracts';
import type { FindInstaller } from '../bundle/bundle-rules.ts';
import { appBundleOf, type BundleSet } from '../bundle/read-bundles.ts';
import { bundleFrom, type Bundle } from '../installer/bundle.ts';
import { withoutCircles } from '../installer/dependency-circles.ts';
import { installerOf, type InstallerSet } from '../installer/read-installers.ts';
import { shortOf } from './source-rules.ts';
import type { InUse } from './source.store.ts';

type Folder = { readonly source: InUse; readonly folder: string; readonly bundle: Bundle | undefined };

const isBundle = ({ folder }: { readonly folder: string }): boolean => folder.startsWith(`${BUNDLES_FOLDER}/`);
const placeOf = ({ name, commit }: InUse): string => `source ${name} (commit ${shortOf(commit)})`;

const bundleOrNone = (digest: string, json: string): Bundle | undefined => {
  try {
    return bundleFrom(Digest.parse(digest), json);
  } catch {
    return undefined;
  }
};

const foldersOf = (sources: readonly InUse[]): Folder[] => sources.flatMap((source) => source.folders.map(({ folder, digest, json }) => ({ source, folder, bundle: bundleOrNone(digest, json) })));

/** A name is the built-in folder's, even if what is there is refused; of two sources neither has it. */
const faultOf = ({ source, folder, bundle }: Folder, builtIn: ReadonlySet<string>, all: readonly Folder[]): string | undefined => {
  if (builtIn.has(folder)) return `it is in the built-in folder and in ${placeOf(source)}; the built-in one counts. Rename the other`;
  const others = all.filter((other) => other.folder === folder && other.source !== source);
  if (others.length > 0) return `it is in ${[source, ...others.map((other) => other.source)].map(placeOf).sort().join(' and in ')}; neither is used. Rename one of them`;
  return bundle ? undefined : `its files, from ${placeOf(source)}, are not in the database; fetch the source again`;
};

/** @param folders of the built-in folder, refused ones too */
const sorted = (folders: readonly Folder[], builtIn: ReadonlySet<string>): { readonly sound: (Folder & { readonly bundle: Bundle })[]; readonly refused: RefusedInstaller[] } => {
  const sound: (Folder & { readonly bundle: Bundle })[] = [];
  const refused: RefusedInstaller[] = [];
  for (const each of folders) {
    const reason = faultOf(each, builtIn, folders);
    if (reason === undefined && each.bundle) sound.push({ ...each, bundle: each.bundle });
    else refused.push({ folder: each.folder, file: isBundle(each) ? '.' : MANIFEST_FILE, line: null, reason: reason ?? '' });
  }
  return { sound, refused };
};

export const withSources = (builtIn: InstallerSet, sources: readonly InUse[]): InstallerSet => {
  const names = new Set([...builtIn.installers.keys(), ...builtIn.refused.map(({ folder }) => folder)]);
  const { sound, refused } = sorted(foldersOf(sources).filter((each) => !isBundle(each)), names);
  const installers = new Map(builtIn.installers);
  for (const { source: { name, commit, since }, folder, bundle } of sound) {
    const reading = installerOf(folder, bundle);
    if ('refused' in reading) refused.push(...reading.refused);
    else installers.set(folder, { bundle, installer: { ...reading.loaded.installer, source: { name, commit, since: since.toISOString() } } });
  }
  return withoutCircles({ installers, refused: [...builtIn.refused, ...refused] });
};

export const bundlesWithSources = (builtIn: BundleSet, sources: readonly InUse[], find: FindInstaller): BundleSet => {
  const names = new Set([...[...builtIn.bundles.keys()].map((id) => `${BUNDLES_FOLDER}/${id}`), ...builtIn.refused.map(({ folder }) => folder)]);
  const { sound, refused } = sorted(foldersOf(sources).filter(isBundle), names);
  const bundles = new Map(builtIn.bundles);
  for (const { folder, bundle } of sound) {
    const reading = appBundleOf(folder.slice(BUNDLES_FOLDER.length + 1), bundle, find);
    if ('refused' in reading) refused.push(...reading.refused);
    else bundles.set(reading.bundle.id, reading.bundle);
  }
  return { bundles, refused: [...builtIn.refused, ...refused] };
};
