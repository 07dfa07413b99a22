/**
 * A commit's files, as git lists them: nothing is ever checked out, so no link, hook, filter or name of a hostile
 * repository meets a disk. Pure.
 */
import { BUNDLES_FOLDER } from '@citrus/contracts';
import { LARGEST_BUNDLE_BYTES, type FolderEntry, type FolderReader } from '@citrus/contracts/installer-folder';

export type TreeEntry = { readonly path: string; readonly kind: FolderEntry['kind']; readonly oid: string; readonly bytes: number };

const FILE_MODES = new Set(['100644', '100755']);

/** Of `git ls-tree -r -z --long`. A link (120000) and a submodule (160000) are neither file nor folder. */
export const entriesIn = (listed: string): TreeEntry[] =>
  listed.split('\0').filter(Boolean).map((record) => {
    const tab = record.indexOf('\t');
    const [mode = '', , oid = '', size = '0'] = record.slice(0, tab).split(/ +/);
    return { path: record.slice(tab + 1), kind: FILE_MODES.has(mode) ? 'file' : 'other', oid, bytes: Number(size) || 0 };
  });

const namesIn = (entries: readonly TreeEntry[], below: string): Map<string, FolderEntry['kind']> => {
  const names = new Map<string, FolderEntry['kind']>();
  const prefix = below ? `${below}/` : '';
  for (const { path, kind } of entries) {
    if (!path.startsWith(prefix)) continue;
    const [name = '', ...rest] = path.slice(prefix.length).split('/');
    names.set(name, rest.length > 0 ? 'folder' : kind);
  }
  return names;
};

/** The folders of installers and bundles, and what stands in their place and is none. Files beside them and hidden names are nobody's. */
export const foldersIn = (entries: readonly TreeEntry[]): { readonly folders: string[]; readonly notFolders: string[] } => {
  const named = (below: string) => [...namesIn(entries, below)].filter(([name, kind]) => !name.startsWith('.') && kind !== 'file').map(([name, kind]) => ({ path: below ? `${below}/${name}` : name, kind }));
  const all = [...named('').filter(({ path }) => path !== BUNDLES_FOLDER), ...named(BUNDLES_FOLDER)];
  return { folders: all.filter(({ kind }) => kind === 'folder').map(({ path }) => path), notFolders: all.filter(({ kind }) => kind === 'other').map(({ path }) => path) };
};

/** The files that a bundle can hold; larger ones are refused unread. */
export const readable = (entries: readonly TreeEntry[]): TreeEntry[] => entries.filter(({ kind, bytes }) => kind === 'file' && bytes <= LARGEST_BUNDLE_BYTES);

export const folderInTree = (entries: readonly TreeEntry[], folder: string, contentsOf: ReadonlyMap<string, Buffer>): FolderReader => {
  const within = entries.filter(({ path }) => path.startsWith(`${folder}/`));
  return {
    list: async (below) => [...namesIn(within, below ? `${folder}/${below}` : folder)].map(([name, kind]) => ({ name, kind })),
    read: async (path, mostBytes) => {
      const entry = within.find((each) => each.path === `${folder}/${path}`);
      const bytes = entry && contentsOf.get(entry.oid);
      return bytes && bytes.length <= mostBytes ? { text: bytes.toString('utf8'), base64: bytes.toString('base64') } : undefined;
    },
  };
};

/** Of `git cat-file --batch`, in the order of what was asked for. */
export const blobsIn = (output: Buffer): Map<string, Buffer> => {
  const blobs = new Map<string, Buffer>();
  let at = 0;
  while (at < output.length) {
    const newline = output.indexOf(10, at);
    const [oid = '', type, size] = output.subarray(at, newline).toString('latin1').split(' ');
    if (newline < 0 || type !== 'blob') throw new Error(`git does not have the file ${oid}`);
    const end = newline + 1 + Number(size);
    blobs.set(oid, output.subarray(newline + 1, end));
    at = end + 1;
  }
  return blobs;
};
