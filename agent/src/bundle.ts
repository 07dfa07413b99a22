/** An installer's bundle: hashed as it came, opened from the very bytes that were hashed, laid out in a private folder. */
import { InstallerBundle, InstallerManifest, MANIFEST_FILE, type InstallerAction, type RunJob } from '@citrus/contracts';
import { sha256Digest } from '@citrus/kit-crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';

/** The job must not run, and trying again will not change that. */
export class JobRefused extends Error {
  override readonly name = 'JobRefused';
}

export type Opened = { readonly manifest: InstallerManifest; readonly files: InstallerBundle['files'] };
type Wanted = Pick<RunJob, 'installer' | 'installerVersion' | 'installerDigest'>;

const parseManifest = (files: InstallerBundle['files']): InstallerManifest => {
  const file = files.find(({ path }) => path === MANIFEST_FILE);
  if (!file) throw new JobRefused(`the installer has no ${MANIFEST_FILE}`);
  const text = Buffer.from(file.base64, 'base64').toString('utf8');
  const parsed = InstallerManifest.safeParse(parse(text, { maxAliasCount: 0, schema: 'core', version: '1.2' }));
  if (!parsed.success) throw new JobRefused(`the installer's ${MANIFEST_FILE} is not valid`);
  return parsed.data;
};

const parseFiles = (bytes: Uint8Array): InstallerBundle['files'] => {
  const parsed = InstallerBundle.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  if (!parsed.success) throw new JobRefused('the installer is not a bundle');
  const { files } = parsed.data;
  if (new Set(files.map(({ path }) => path)).size !== files.length) throw new JobRefused('the installer holds a file twice');
  return files;
};

/** @throws JobRefused unless these are exactly the bytes and the installer that the signed command names. */
export const openBundle = (bytes: Uint8Array, wanted: Wanted): Opened => {
  if (sha256Digest(bytes) !== wanted.installerDigest) throw new JobRefused('the installer that the hub sent is not the one that was signed (its digest differs)');
  const files = parseFiles(bytes);
  const manifest = parseManifest(files);
  if (manifest.id !== wanted.installer || manifest.version !== wanted.installerVersion) {
    throw new JobRefused(`the bundle holds ${manifest.id} ${manifest.version}, the command names ${wanted.installer} ${wanted.installerVersion}`);
  }
  return { manifest, files };
};

/** The script of an action, as a path inside the bundle. */
export const scriptOf = ({ manifest, files }: Opened, action: InstallerAction): string => {
  const script = action === 'install' ? manifest.install_script : manifest.scripts[action];
  if (script === undefined) throw new JobRefused(`${manifest.id} offers no action ${action}`);
  if (!files.some(({ path }) => path === script)) throw new JobRefused(`${manifest.id} has no file ${script}`);
  return script;
};

/** `folder` must be new and private; the paths were checked by the schema. */
export const layOut = (files: InstallerBundle['files'], folder: string): void => {
  for (const { path, mode, base64 } of files) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    writeFileSync(target, Buffer.from(base64, 'base64'), { flag: 'wx', mode: mode & 0o700 });
  }
};
