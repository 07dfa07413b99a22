import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FolderReader } from '@citrus/contracts/installer-folder';

/** A folder of this machine, no link of which is followed. */
export const folderOnDisk = (folder: string): FolderReader => ({
  list: async (below) =>
    (await readdir(join(folder, below), { withFileTypes: true })).map((entry) => ({ name: entry.name, kind: entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other' })),
  read: async (path, mostBytes) => {
    const file = await open(join(folder, path), constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      if ((await file.stat()).size > mostBytes) return undefined;
      const bytes = await file.readFile();
      return { text: bytes.toString('utf8'), base64: bytes.toString('base64') };
    } finally {
      await file.close();
    }
  },
});
