/**
 * Seals outside the database: a file to which lines are added and nothing else, `<service>.seals.jsonl`, and beside it
 * `<service>.marks`, the first four bytes of every sealed event's hash at four times its place. Roots prove, marks only
 * help: they tell which event of a sealed stretch is another one. A last line that was cut by a crash is no line.
 */
import { mkdir, open, readFile, truncate, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoggedService } from '@citrus/contracts';
import { lineOf, parseSeal, type Seal } from './seal.ts';

const MARK_BYTES = 4;

export type SealFile = {
  readonly path: string;
  /** `damaged`: whole lines that hold no seal. */
  read(): Promise<{ readonly seals: Seal[]; readonly damaged: number }>;
  /** On the disk when it returns. */
  add(seal: Seal, hashes?: readonly Buffer[]): Promise<void>;
  /** The position of the first event in the stretch whose hash is known to have been another one. */
  firstUnlike(from: number, hashes: readonly Buffer[]): Promise<number | undefined>;
};

const textOf = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
};

const using = async <T>(path: string, flags: string, work: (file: FileHandle) => Promise<T>): Promise<T> => {
  const file = await open(path, flags, 0o640);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
};

const writeMarks = (path: string, from: number, hashes: readonly Buffer[]): Promise<void> =>
  using(path, 'a', async () => undefined).then(() =>
    using(path, 'r+', async (file) => {
      await file.write(Buffer.concat(hashes.map((hash) => hash.subarray(0, MARK_BYTES))), 0, undefined, (from - 1) * MARK_BYTES);
      await file.datasync();
    }),
  );

const readMarks = async (path: string, from: number, count: number): Promise<Buffer> => {
  const marks = Buffer.alloc(count * MARK_BYTES);
  try {
    await using(path, 'r', (file) => file.read(marks, 0, marks.length, (from - 1) * MARK_BYTES));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return marks;
};

export const openSealFile = (dir: string, service: LoggedService): SealFile => {
  const [path, marksPath] = [join(dir, `${service}.seals.jsonl`), join(dir, `${service}.marks`)];
  return {
    path,
    read: async () => {
      const lines = (await textOf(path)).split('\n').slice(0, -1).filter((line) => line !== '');
      const seals = lines.map(parseSeal).filter((seal) => seal !== undefined);
      return { seals, damaged: lines.length - seals.length };
    },
    add: async (seal, hashes) => {
      await mkdir(dir, { recursive: true });
      if (hashes) await writeMarks(marksPath, seal.from, hashes);
      const text = await textOf(path);
      // What a crash left of a line was never a seal; whoever has its seal puts it back.
      if (!/(^|\n)$/.test(text)) await truncate(path, Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)));
      await using(path, 'a', async (file) => {
        await file.appendFile(`${lineOf(seal)}\n`);
        await file.sync();
      });
    },
    firstUnlike: async (from, hashes) => {
      const marks = await readMarks(marksPath, from, hashes.length);
      const at = hashes.findIndex((hash, index) => {
        const mark = marks.subarray(index * MARK_BYTES, (index + 1) * MARK_BYTES);
        // Four zero bytes are a place that this file never had.
        return mark.some((byte) => byte !== 0) && !mark.equals(hash.subarray(0, MARK_BYTES));
      });
      return at === -1 ? undefined : from + at;
    },
  };
};
