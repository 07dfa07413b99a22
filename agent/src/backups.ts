/**
 * Backups of the apps on this server: one file each, made by an installer's `backup` and read by its `restore`, named by
 * the job that made it and kept outside of the app's own folder, so that it outlives an uninstall. What a backup was when
 * it was made is reported; before a restore the file is read again and compared, because disks and people change files.
 */
import type { BackupMade, RunJob } from '@citrus/contracts';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, fsyncSync, lstatSync, mkdirSync, openSync, closeSync, readdirSync, renameSync, rmSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { JobRefused } from './bundle.ts';

/** Of each app; a new one takes the place of the oldest. */
export const BACKUPS_KEPT = 5;
const FILE = 'backup';
/** A folder that is being written; whoever died meanwhile left no backup. */
const UNFINISHED = '.new';

export type Made = Omit<BackupMade, 'id'>;
/** Where the script writes to or reads from, and what there is to do once it has ended well. */
export type OpenBackup = { readonly file: string; readonly isCheck: boolean; readonly keep: () => Promise<Made | undefined> };
type About = { readonly stateDir: string; readonly command: Pick<RunJob, 'action' | 'installer' | 'jobId' | 'backup'> };

const folderOf = (stateDir: string, installer: string): string => join(stateDir, 'backups', installer);

const digestOf = async (file: string): Promise<Made['digest']> => {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return `sha256:${hash.digest('hex')}` as Made['digest'];
};

/** Undefined for what is no file of its own: a script may leave anything in its place, also a link to something else. */
const fileAt = (path: string): Stats | undefined => {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isFile() ? stats : undefined;
};

const syncPath = (path: string): void => {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
};

/** Those that are whole, newest first. */
const keptIn = (folder: string): string[] => {
  const whole = readdirSync(folder).filter((name) => !name.endsWith(UNFINISHED)).map((name) => ({ name, at: fileAt(join(folder, name, FILE))?.mtimeMs ?? 0 }));
  return whole.toSorted((a, b) => b.at - a.at).map(({ name }) => name);
};

const prune = (folder: string, newest: string): void => {
  const others = keptIn(folder).filter((name) => name !== newest);
  for (const name of others.slice(BACKUPS_KEPT - 1)) rmSync(join(folder, name), { recursive: true, force: true });
};

const toMake = ({ stateDir, command }: About): OpenBackup => {
  const folder = folderOf(stateDir, command.installer);
  const [whole, unfinished] = [join(folder, command.jobId), join(folder, command.jobId + UNFINISHED)];
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) if (name.endsWith(UNFINISHED)) rmSync(join(folder, name), { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  const keep = async (): Promise<Made> => {
    const file = join(unfinished, FILE);
    const stats = fileAt(file);
    if (!stats || stats.size === 0) throw new Error('the script ended without a failure, but it wrote no backup to CITRUS_BACKUP_FILE');
    const made = { digest: await digestOf(file), bytes: stats.size };
    syncPath(file);
    rmSync(whole, { recursive: true, force: true });
    renameSync(unfinished, whole);
    syncPath(folder);
    prune(folder, command.jobId);
    return made;
  };
  return { file: join(unfinished, FILE), isCheck: false, keep };
};

/** @throws JobRefused when it is not here any more, or not what it was when it was made */
const toRestore = async ({ stateDir, command }: About): Promise<OpenBackup> => {
  const { backup } = command;
  if (!backup) throw new JobRefused('a restore needs a backup to restore from; choose one of those that the app has');
  const file = join(folderOf(stateDir, command.installer), backup.id, FILE);
  const stats = fileAt(file);
  if (!stats) throw new JobRefused(`the backup ${backup.id} is not on this server (any more); choose another one`);
  if (stats.size !== backup.bytes || (await digestOf(file)) !== backup.digest) throw new JobRefused(`the backup ${backup.id} is not what it was when it was made (its content differs); choose another one`);
  return { file, isCheck: backup.check, keep: () => Promise.resolve(undefined) };
};

/** Undefined for actions that have nothing to do with backups. @throws JobRefused */
export const openBackup = async (about: About): Promise<OpenBackup | undefined> => {
  if (about.command.action === 'backup') return toMake(about);
  return about.command.action === 'restore' ? await toRestore(about) : undefined;
};

/** What a script that failed, or was killed, has left. */
export const dropUnfinished = ({ stateDir, command }: About): void => {
  const unfinished = join(folderOf(stateDir, command.installer), command.jobId + UNFINISHED);
  if (command.action === 'backup' && existsSync(unfinished)) rmSync(unfinished, { recursive: true, force: true });
};
