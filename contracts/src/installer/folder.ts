/**
 * An installer's folder, read and checked: the same rules for the registry that runs it and for whoever writes it, on his
 * own machine (`citrus installers check`). What lists and reads files comes from outside; nothing here touches a disk.
 */
import type { z } from 'zod';
import { canonicalJson } from '../canonical-json.ts';
import { BundlePath, MANIFEST_FILE, type InstallerBundle } from './bundle.ts';
import { parseExpression, sourcesOf } from './expression.ts';
import { readManifest } from './manifest-text.ts';
import { BundledVersions, VERSIONS_FILE, type InstallerManifest, type RefusedInstaller } from './manifest.ts';

export type FolderEntry = { readonly name: string; readonly kind: 'file' | 'folder' | 'other' };
export type FileContents = { readonly text: string; readonly base64: string };
/** How a folder is looked into. */
export type FolderReader = {
  readonly list: (below: string) => Promise<readonly FolderEntry[]>;
  /** Without following a link, also one that is put there between listing and reading. Undefined when it is larger. */
  readonly read: (path: string, mostBytes: number) => Promise<FileContents | undefined>;
};

/** Why a folder cannot be bundled, and which of its files is to blame. */
export class BadFolder extends Error {
  override readonly name = 'BadFolder';
  readonly file: string;
  constructor(file: string, message: string) {
    super(message);
    this.file = file;
  }
}

/** For readers of the repository; it does not travel. */
const LEFT_OUT = new Set(['README.md']);
const SCRIPT_MODE = 0o755;
const FILE_MODE = 0o644;
const MOST_FILES = 200;
/** A bundle travels in one NATS message, in base64, below the server's 1 MiB. */
export const LARGEST_BUNDLE_BYTES = 700_000;

const listFiles = async (reader: FolderReader, below = ''): Promise<string[]> => {
  const paths: string[] = [];
  for (const { name, kind } of await reader.list(below)) {
    const path = below ? `${below}/${name}` : name;
    if (LEFT_OUT.has(path)) continue;
    if (kind === 'other') throw new BadFolder(path, 'only plain files and folders: no links, sockets or devices');
    if (!BundlePath.safeParse(path).success) throw new BadFolder(path, 'names are lower-case letters, digits, dots, dashes and underscores, and begin with a letter or digit');
    paths.push(...(kind === 'folder' ? await listFiles(reader, path) : [path]));
    if (paths.length > MOST_FILES) throw new BadFolder(path, `more than ${MOST_FILES} files`);
  }
  return paths;
};

export type FolderFile = InstallerBundle['files'][number] & { readonly text: string };
/** `json`: as it travels; the same files give the same text on every machine. */
export type FolderBundle = { readonly files: readonly FolderFile[]; readonly json: string };

/** @throws BadFolder where it cannot be bundled */
export const bundleFolder = async (reader: FolderReader): Promise<FolderBundle> => {
  const files: FolderFile[] = [];
  for (const path of (await listFiles(reader)).sort((a, b) => (a < b ? -1 : 1))) {
    const contents = await reader.read(path, LARGEST_BUNDLE_BYTES);
    if (!contents) throw new BadFolder(path, 'the file is too large; let the script download what it needs');
    files.push({ path, mode: path.endsWith('.sh') ? SCRIPT_MODE : FILE_MODE, ...contents });
  }
  const json = canonicalJson({ files: files.map(({ path, mode, base64 }) => ({ path, mode, base64 })) });
  if (json.length > LARGEST_BUNDLE_BYTES) throw new BadFolder('.', 'all files together are too large; let the script download what it needs');
  return { files, json };
};

export type FolderReading = { readonly manifest: InstallerManifest; readonly versions: z.infer<typeof BundledVersions> } | { readonly refused: readonly RefusedInstaller[] };

const usesVersions = ({ inputs }: InstallerManifest): boolean => inputs.some(({ choices_from: from }) => from !== undefined && sourcesOf(parseExpression(from)).includes('versions'));

/** Whether the manifest is one, and everything that it names is there. */
export const readInstallerFolder = (folder: string, files: readonly Pick<FolderFile, 'path' | 'text'>[]): FolderReading => {
  const refuse = (file: string, reason: string, line: number | null = null) => ({ refused: [{ folder, file, line, reason }] });
  const textOf = (path: string): string | undefined => files.find((file) => file.path === path)?.text;
  const text = textOf(MANIFEST_FILE);
  if (text === undefined) return refuse(MANIFEST_FILE, 'there is no manifest.yml in the folder');
  const reading = readManifest(text);
  if ('problems' in reading) return { refused: reading.problems.map(({ line, reason }) => ({ folder, file: MANIFEST_FILE, line, reason })) };
  const { manifest } = reading;
  if (manifest.id !== folder) return refuse(MANIFEST_FILE, `the id is "${manifest.id}", but the folder is named "${folder}"`);
  const missing = [manifest.install_script, ...Object.values(manifest.scripts)].filter((script) => textOf(script) === undefined);
  if (missing.length > 0) return { refused: missing.map((script) => ({ folder, file: script, line: null, reason: 'the manifest names this script, but it is not in the folder' })) };
  const versions = BundledVersions.safeParse((textOf(VERSIONS_FILE) ?? '').split('\n').map((line) => line.trim()).filter((line) => line !== ''));
  if (!versions.success) return refuse(VERSIONS_FILE, 'one version a line, at most 200: letters, digits and . _ + ~ : -');
  if (usesVersions(manifest) && versions.data.length === 0) return refuse(VERSIONS_FILE, 'an input chooses from @versions, but there is no version in this file');
  return { manifest, versions: versions.data };
};

/** What bundles are read with, too. */
export { inputProblem } from './input-rules.ts';
export { broken, repeated, type BrokenRule } from './manifest-rules.ts';
export { readManifest, readYaml, type Kind } from './manifest-text.ts';
