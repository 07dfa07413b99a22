/**
 * Writes that are whole or not there, and room for the most important ones on a full disk: a file that holds nothing is
 * given up when there is no other space, so that how a job ended can still be written down. It is made again when the
 * disk has space.
 */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export const RESERVE_BYTES = 1024 ** 2;
let reserve: string | undefined;

/** Also when only this user's share of it is. */
export const isDiskFull = (error: unknown): boolean => error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');

/** Makes the file anew if it is not whole; false while the disk has no room for it. */
export const keepReserve = (file: string): boolean => {
  reserve = file;
  if (statSync(file, { throwIfNoEntry: false })?.size === RESERVE_BYTES) return true;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    const descriptor = openSync(file, 'w', 0o600);
    try {
      writeAll(descriptor, Buffer.alloc(RESERVE_BYTES));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    return true;
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    rmSync(file, { force: true });
    return false;
  }
};

const giveUpReserve = (): boolean => {
  if (reserve === undefined || !statSync(reserve, { throwIfNoEntry: false })) return false;
  rmSync(reserve, { force: true });
  return true;
};

const writeAll = (descriptor: number, bytes: Uint8Array): void => {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
};

/** Half a line would make the next one unreadable too. @throws with nothing written, if there is no room */
export const appendWhole = (descriptor: number, text: string, isDurable = false): void => {
  const { size } = fstatSync(descriptor);
  const attempt = () => {
    writeAll(descriptor, Buffer.from(text));
    if (isDurable) fsyncSync(descriptor);
  };
  try {
    attempt();
  } catch (error) {
    ftruncateSync(descriptor, size);
    if (!isDurable || !isDiskFull(error) || !giveUpReserve()) throw error;
    attempt();
  }
};
