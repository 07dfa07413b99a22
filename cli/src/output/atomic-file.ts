/** A file that is there whole or not at all, also when we are stopped in the middle. */
import { createWriteStream, existsSync, rmSync } from 'node:fs';
import { mkdtemp, open, rename } from 'node:fs/promises';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { CliFailure, EXIT } from '../failure.ts';

export type FileOptions = { readonly mayReplace: boolean };

const cannotWrite = (file: string, cause: unknown): CliFailure =>
  new CliFailure(`${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, { exit: EXIT.failed, code: 'file.unwritable', advice: 'Choose another file with -o.', cause });

/** Removes the files when the work is over or the process ends, whatever happens first. */
export const withTemporaryFiles = async <T>(files: readonly string[], work: () => Promise<T>): Promise<T> => {
  const remove = () => {
    for (const file of files) rmSync(file, { recursive: true, force: true });
  };
  process.once('exit', remove);
  try {
    return await work();
  } finally {
    process.off('exit', remove);
    remove();
  }
};

/**
 * A folder for unfinished work beside a file, where there must be room anyway; for this account alone and of no name that
 * somebody could have guessed, because others may write beside the file too.
 */
export const withFolderBeside = async <T>(file: string, work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(dirname(file), '.citrus-')).catch((error: unknown) => Promise.reject(cannotWrite(file, error)));
  return withTemporaryFiles([folder], () => work(folder));
};

/** @throws CliFailure before anything is done when the file must not or cannot be written */
export const writeAtomically = async <T>(file: string, { mayReplace }: FileOptions, write: (unfinished: string) => Promise<T>): Promise<T> => {
  if (!mayReplace && existsSync(file)) throw new CliFailure(`${file} is there already`, { exit: EXIT.usage, code: 'file.exists', advice: 'Choose another name, or replace it with --force.' });
  const unfinished = `${file}.${process.pid}.unfinished`;
  // For this account alone: it is somebody's history. What stands there already is not ours, and not ours to remove.
  await open(unfinished, 'wx', 0o600).then((handle) => handle.close(), (error: unknown) => Promise.reject(cannotWrite(file, error)));
  return withTemporaryFiles([unfinished], async () => {
    const result = await write(unfinished);
    await rename(unfinished, file).catch((error: unknown) => Promise.reject(cannotWrite(file, error)));
    return result;
  });
};

/** Lines into a file, no faster than the disk takes them. */
export const writeLines = async (file: string, lines: AsyncIterable<string>): Promise<number> => {
  const stream = createWriteStream(file, { mode: 0o600, flush: true });
  // Also for an error between two writes, as of a full disk.
  const done = finished(stream);
  done.catch(() => undefined);
  let count = 0;
  try {
    for await (const line of lines) {
      if (!stream.write(`${line}\n`)) await Promise.race([once(stream, 'drain'), done]);
      count += 1;
    }
    stream.end();
    await done;
  } catch (error) {
    stream.destroy();
    throw (error as NodeJS.ErrnoException).syscall ? cannotWrite(file, error) : error;
  }
  return count;
};
