/**
 * An installer's folder as one JSON text with a digest: what agents fetch, hash and unpack. No archive format, so there
 * is nothing to traverse; the same files give the same bytes on every machine.
 */
import { InstallerBundle, type Digest } from '@citrus/contracts';
import { bundleFolder, type FolderBundle } from '@citrus/contracts/installer-folder';
import { sha256Digest } from '@citrus/kit-crypto';
import { folderOnDisk } from './folder-on-disk.ts';

export type Bundle = FolderBundle & { readonly digest: Digest };

/** @throws BadFolder where it cannot be bundled */
export const bundleOf = async (folder: string): Promise<Bundle> => {
  const bundle = await bundleFolder(folderOnDisk(folder));
  return { ...bundle, digest: sha256Digest(bundle.json) };
};

/** The same again, from the text that it is kept as. */
export const bundleFrom = (digest: Digest, json: string): Bundle => ({
  digest, json,
  files: InstallerBundle.parse(JSON.parse(json)).files.map((file) => ({ ...file, text: Buffer.from(file.base64, 'base64').toString('utf8') })),
});
