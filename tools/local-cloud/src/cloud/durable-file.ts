import { open } from 'node:fs/promises';

/** Writes a private file and does not return before it is on disk. */
export const writeDurably = async (path: string, text: string): Promise<void> => {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
};
