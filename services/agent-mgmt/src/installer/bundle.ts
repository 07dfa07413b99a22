/**
 * An installer's folder as one JSON text with a digest: what agents fetch, hash and unpack. No archive format, so there
 * is nothing to traverse; the same files give the same bytes on every machine. A README is for readers of the
 * repository and stays out.
 */
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BundlePath, canonicalJson, type Digest, type InstallerBundle } from '@citrus/contracts';
import { sha256Digest } from '@citrus/kit-crypto';

export type Bundle = { readonly digest: Digest; readonly json: string; readonly files: InstallerBundle['files'] };

const LEFT_OUT = new Set(['README.md']);
const SCRIPT_MODE = 0o755;
const FILE_MODE = 0o644;
const MOST_FILES = 200;
/** A bundle travels in one NATS message, in base64, below the server's 1 MiB. */
const LARGEST_BUNDLE_BYTES = 700_000;

/** Why a folder cannot be bundled, and which of its files is to blame. */
export class BadFolder extends Error {
  override readonly name = 'BadFolder';
  constructor(
    readonly file: string,
    message: string,
  ) {
    super(message);
  }
}

/** Without following a link, also one that is put there between listing and reading. */
const readPlainFile = async (folder: string, path: string): Promise<Buffer> => {
  const file = await open(join(folder, path), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size } = await file.stat();
    if (size > LARGEST_BUNDLE_BYTES) throw new BadFolder(path, 'the file is too large; let the script download what it needs');
    return await file.readFile();
  } finally {
    await file.close();
  }
};

const listFiles = async (folder: string, below = ''): Promise<string[]> => {
  const paths: string[] = [];
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    const path = below ? `${below}/${entry.name}` : entry.name;
    if (LEFT_OUT.has(path)) continue;
    if (!entry.isFile() && !entry.isDirectory()) throw new BadFolder(path, 'only plain files and folders: no links, sockets or devices');
    if (!BundlePath.safeParse(path).success) throw new BadFolder(path, 'names are lower-case letters, digits, dots, dashes and underscores, and begin with a letter or digit');
    paths.push(...(entry.isDirectory() ? await listFiles(folder, path) : [path]));
    if (paths.length > MOST_FILES) throw new BadFolder(path, `more than ${MOST_FILES} files`);
  }
  return paths;
};

export const bundleOf = async (folder: string): Promise<Bundle> => {
  const files: InstallerBundle['files'] = [];
  for (const path of (await listFiles(folder)).sort((a, b) => (a < b ? -1 : 1))) {
    const bytes = await readPlainFile(folder, path);
    files.push({ path, mode: path.endsWith('.sh') ? SCRIPT_MODE : FILE_MODE, base64: bytes.toString('base64') });
  }
  const json = canonicalJson({ files });
  if (json.length > LARGEST_BUNDLE_BYTES) throw new BadFolder('.', 'all files together are too large; let the script download what it needs');
  return { digest: sha256Digest(json), json, files };
};
