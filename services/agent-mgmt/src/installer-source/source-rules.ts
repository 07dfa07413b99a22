/** Whether a commit may be used, and how a source stands. Pure. */
import { BUNDLES_FOLDER, type AppBundle, type Installer, type InstallerSource, type RefusedInstaller } from '@citrus/contracts';
import { appBundleOf } from '../bundle/read-bundles.ts';
import { installerOf } from '../installer/read-installers.ts';
import type { Commit } from './read-commit.ts';

export const shortOf = (commit: string): string => commit.slice(0, 12);

const MOST_TOLD = 5;
const LONGEST_REASON = 1500;

const lineOf = ({ folder, file, line, reason }: RefusedInstaller): string => `${folder}/${file}${line === null ? '' : `:${line}`}: ${reason}`;

type Against = {
  /** The commit in use, when only signed ones are taken. */
  readonly notBefore: { readonly commit: string; readonly at: Date } | undefined;
  /** Installers from elsewhere, which bundles may name. */
  readonly find: (id: string) => Installer | undefined;
};

/** One fault and nothing of a commit is used: half a catalogue is one that nobody has written. */
export const faultsOf = ({ commit, committedAt, folders, faults }: Commit, { notBefore, find }: Against): string | undefined => {
  const own = new Map<string, Installer>();
  const problems = [...faults];
  const isBundle = (folder: string): boolean => folder.startsWith(`${BUNDLES_FOLDER}/`);
  for (const { folder, bundle } of folders.filter((each) => !isBundle(each.folder))) {
    const reading = installerOf(folder, bundle);
    if ('refused' in reading) problems.push(...reading.refused);
    else own.set(folder, reading.loaded.installer);
  }
  const readings = folders.filter((each) => isBundle(each.folder)).map(({ folder, bundle }) => appBundleOf(folder.slice(BUNDLES_FOLDER.length + 1), bundle, (id) => own.get(id) ?? find(id)));
  problems.push(...readings.flatMap((reading: { readonly bundle: AppBundle } | { readonly refused: readonly RefusedInstaller[] }) => ('refused' in reading ? reading.refused : [])));
  const told = problems.slice(0, MOST_TOLD).map(lineOf);
  if (problems.length > MOST_TOLD) told.push(`and ${problems.length - MOST_TOLD} more`);
  if (problems.length === 0 && folders.length === 0) told.push('it holds no installer; is "folder" the right one?');
  // A signature says who wrote it, not that it is the newest: whoever answers for the repository could hand out an old one.
  if (notBefore && committedAt < notBefore.at) told.push(`it is older than ${shortOf(notBefore.commit)}, which is in use; to go back, name it as "commit"`);
  return told.length === 0 ? undefined : `commit ${shortOf(commit)} is not used: ${told.join('; ')}`.slice(0, LONGEST_REASON);
};

export type Taken = { readonly name: string; readonly commit: string; readonly folders: readonly string[] };

/** Who has a name keeps it: otherwise a source could put its own program where another's was. */
export const clashOf = (commit: string, folders: readonly string[], others: readonly Taken[]): string | undefined => {
  const clashes = others.flatMap((other) => folders.filter((folder) => other.folders.includes(folder)).map((folder) => `${folder} is already in source ${other.name} (commit ${shortOf(other.commit)})`));
  return clashes.length === 0 ? undefined : `commit ${shortOf(commit)} is not used: ${clashes.slice(0, MOST_TOLD).join('; ')}. Rename it in one of them`;
};

type Look = { readonly taken_by: string | null; readonly taken_at: Date; readonly tried_at: Date | null; readonly reason: string | null };

/** @param leaseMs after which somebody who fetches counts as gone */
export const stateOf = (row: Look | undefined, now: Date, leaseMs: number): InstallerSource['state'] => {
  if (row?.taken_by && row.taken_at.getTime() + leaseMs > now.getTime()) return 'fetching';
  if (!row?.tried_at) return 'waiting';
  return row.reason === null ? 'ready' : 'failing';
};
