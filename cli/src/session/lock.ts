/**
 * One process at a time, by a file that only one can make. A holder that died leaves its file behind; whoever wants
 * the lock then takes the file away, by a rename that only one can win.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { dirname } from 'node:path';
import { CliFailure, EXIT } from '../failure.ts';
import { makeOwnFolder, readIfThere } from './places.ts';

const ASK_EVERY_MS = 50;

type Waiting = { readonly patienceMs: number; readonly onWait?: () => void };

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
};

const tryToMake = (file: string, text: string): boolean => {
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
};

/** Takes away what a dead process left; if somebody else was quicker and the file is a living one's, puts it back. */
const clearDeadLock = (file: string): void => {
  const seen = readIfThere(file);
  // Empty: its maker is just about to write into it.
  if (!seen || isAlive(Number(seen.split(' ')[0]))) return;
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
    if (readFileSync(aside, 'utf8') !== seen) linkSync(aside, file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
};

/** @throws CliFailure when another process keeps it for longer than `patienceMs` */
export const whileLocked = async <T>(file: string, { patienceMs, onWait }: Waiting, work: () => Promise<T>): Promise<T> => {
  makeOwnFolder(dirname(file));
  const mine = `${process.pid} ${randomUUID()}`;
  const deadline = performance.now() + patienceMs;
  let hasWaited = false;
  while (!tryToMake(file, mine)) {
    if (performance.now() > deadline) throw new CliFailure(`another citrus command holds ${file}`, { exit: EXIT.unavailable, code: 'lock.held', advice: 'Wait for it to end, or delete that file if none is running.' });
    if (!hasWaited) onWait?.();
    hasWaited = true;
    clearDeadLock(file);
    await pause(ASK_EVERY_MS);
  }
  const release = () => {
    if (readIfThere(file) === mine) rmSync(file, { force: true });
  };
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
};
