/**
 * Everything that a script has started. Most of it shares the script's process group; what left the group (a double
 * fork, `setsid`) still carries the attempt's private folder as HOME in its environment, and no other process does.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export type Group = {
  /** Process id of the script, which leads the group; absent after a restart of the agent, when it may be another's. */
  readonly leader?: number | undefined;
  /** The attempt's private HOME. */
  readonly home: string;
};

const LOOK_AGAIN_MS = 50;

const readProc = (pid: string, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // gone in the meantime, or not ours to see
  }
};

/** `pid (name) state ppid pgrp session …`; the name may hold spaces and brackets. */
const parseStat = (stat: string) => {
  const [state = '', , pgrp = '', session = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { isAlive: stat !== '' && state !== 'Z' && state !== 'X', pgrp: Number(pgrp), session: Number(session) };
};

/** A zombie is not alive. */
const livingPids = (): string[] =>
  readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && parseStat(readProc(name, 'stat')).isAlive);

/** Who of the group is still alive. */
export const membersOf = ({ leader, home }: Group): number[] =>
  livingPids()
    .filter((pid) => {
      const { pgrp, session } = parseStat(readProc(pid, 'stat'));
      if (leader !== undefined && (pgrp === leader || session === leader)) return true;
      return `\0${readProc(pid, 'environ')}`.includes(`\0HOME=${home}\0`);
    })
    .map(Number);

const send = (pids: readonly number[], signal: NodeJS.Signals): void => {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself between being seen and being told to.
    }
  }
};

const isGoneWithin = async (group: Group, ms: number): Promise<boolean> => {
  const until = performance.now() + ms;
  while (membersOf(group).length > 0) {
    if (performance.now() > until) return false;
    await delay(LOOK_AGAIN_MS);
  }
  return true;
};

/** SIGTERM, time to tidy up, then SIGKILL until nobody is left. Resolves only when the group is gone. */
export const endGroup = async (group: Group, graceMs: number): Promise<void> => {
  if (graceMs > 0) {
    send(membersOf(group), 'SIGTERM');
    if (await isGoneWithin(group, graceMs)) return;
  }
  do send(membersOf(group), 'SIGKILL');
  while (!(await isGoneWithin(group, LOOK_AGAIN_MS * 4)));
};

/** How long a service that the script started last may take to get a session of its own. */
const SETTLING_MS = 500;

/** What a script left behind in its own group by mistake; a service it started on purpose has a session of its own. */
export const endStragglers = async (leader: number): Promise<void> => {
  const until = performance.now() + SETTLING_MS;
  const stragglers = () => livingPids().filter((pid) => parseStat(readProc(pid, 'stat')).pgrp === leader);
  while (stragglers().length > 0) {
    if (performance.now() > until) return send(stragglers().map(Number), 'SIGKILL');
    await delay(LOOK_AGAIN_MS);
  }
};
