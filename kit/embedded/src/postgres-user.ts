/**
 * PostgreSQL refuses to run as root. As root we run it as an account of its own; where that account cannot reach the
 * files (a checkout below /root, a private temporary directory), in a private mount namespace that shows it just those.
 */
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from './process.ts';

const ACCOUNT = 'citrus-postgres';

export type PostgresUser = { readonly uid: number; readonly gid: number };

const idOf = (flag: '-u' | '-g'): number | undefined => {
  try {
    return Number(execFileSync('id', [flag, ACCOUNT], { stdio: ['ignore', 'pipe', 'ignore'] }).toString());
  } catch {
    return undefined;
  }
};

/** The account to run as, made if it is missing; undefined when we are not root and need none. */
export const postgresUser = (): PostgresUser | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  if (idOf('-u') === undefined) execFileSync('useradd', ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin', ACCOUNT]);
  const [uid, gid] = [idOf('-u'), idOf('-g')];
  if (uid === undefined || gid === undefined) throw new Error(`the account ${ACCOUNT} could not be made; run Citrus as an ordinary user instead`);
  return { uid, gid };
};

const OTHERS_MAY_ENTER = 0o001;

const canBeReached = (path: string): boolean => {
  for (let dir = resolve(path); dir !== dirname(dir); dir = dirname(dir)) {
    const isTarget = dir === resolve(path);
    if (!isTarget && !(statSync(dir).mode & OTHERS_MAY_ENTER)) return false;
  }
  return true;
};

/** The same command, run as `user`; `native` (the programs) and `data` may lie where that user cannot go. */
export const asPostgresUser = (user: PostgresUser | undefined, places: { native: string; data: string }, build: (places: { native: string; data: string }) => Command): Command => {
  if (!user) return build(places);
  const drop = ['--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups', '--'];
  if (canBeReached(places.native) && canBeReached(places.data)) {
    const { command, args, env } = build(places);
    return { command: 'setpriv', args: [...drop, command, ...args], ...(env && { env }) };
  }
  const inside = { native: '/mnt/native', data: '/mnt/data' };
  const { command, args, env } = build(inside);
  const script = 'mount -t tmpfs -o mode=755 none /mnt && mkdir /mnt/native /mnt/data && mount --bind "$1" /mnt/native && mount --bind "$2" /mnt/data && shift 2 && exec setpriv "$@"';
  return { command: 'unshare', args: ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', places.native, places.data, ...drop, command, ...args], ...(env && { env }) };
};
