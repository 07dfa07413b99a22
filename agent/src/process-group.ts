/**
 * Everything that a script has started. With a control group the kernel knows it. Without one most of it shares the
 * script's process group or session, or carries the attempt's private folder as HOME in its environment; and who was
 * once seen below one of those is known from then on, with its session, whatever it leaves behind later.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cgroup } from './cgroup.ts';

export type Group = {
  /** Who is alive, also of those that were only seen by an earlier look. */
  readonly members: () => number[];
  /** At once and together, where the machine can. */
  readonly kill: () => void;
};
export type GroupInput = {
  /** Process id of the script, which leads the group; absent after a restart of the agent, when it may be another's. */
  readonly leader?: number | undefined;
  /** The attempt's private HOME. */
  readonly home: string;
  readonly cgroup: Cgroup;
};

const LOOK_AGAIN_MS = 50;

const readProc = (pid: string, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // gone in the meantime, or not ours to see
  }
};

type Living = { readonly pid: number; readonly parent: number; readonly pgrp: number; readonly session: number; readonly since: string; readonly state: string; /** Processor time that it has had, in hundredths of a second. */ readonly ticks: number };

/** Pure: `pid (name) state ppid pgrp session …`; the name may hold spaces and brackets. A zombie is not alive. */
export const parseStat = (pid: string, stat: string): Living | undefined => {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent, pgrp, session] = fields;
  return stat === '' || state === 'Z' || state === 'X' ? undefined : { pid: Number(pid), parent: Number(parent), pgrp: Number(pgrp), session: Number(session), since: fields[19] ?? '', state, ticks: Number(fields[11]) + Number(fields[12]) };
};

const living = (): Living[] =>
  readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid).flatMap((name) => parseStat(name, readProc(name, 'stat')) ?? []);

const nameOf = ({ pid, since }: Living): string => `${pid} ${since}`;

/** Pure: who belongs to those that are certain, by descent and by sessions that they began; both are remembered. */
export const belonging = (all: readonly Living[], isCertain: (one: Living) => boolean, memory: { readonly known: Set<string>; readonly sessions: Set<number> }): Living[] => {
  const { known, sessions } = memory;
  // A session that has ended may come again as somebody else's.
  for (const session of sessions) if (!all.some((one) => one.session === session)) sessions.delete(session);
  const found = new Map<number, Living>();
  for (let size = -1; size < found.size; ) {
    size = found.size;
    for (const one of all) {
      if (found.has(one.pid) || !(isCertain(one) || known.has(nameOf(one)) || sessions.has(one.session) || found.has(one.parent))) continue;
      found.set(one.pid, one);
      known.add(nameOf(one));
      if (one.session === one.pid) sessions.add(one.session);
    }
  }
  return [...found.values()];
};

export const createGroup = ({ leader, home, cgroup }: GroupInput): Group => {
  const memory = { known: new Set<string>(), sessions: new Set<number>() };
  const members = (): number[] => {
    const inside = new Set(cgroup.members());
    const isCertain = ({ pid, pgrp, session }: Living): boolean =>
      inside.has(pid) || (leader !== undefined && (pgrp === leader || session === leader)) || `\0${readProc(String(pid), 'environ')}`.includes(`\0HOME=${home}\0`);
    return belonging(living(), isCertain, memory).map(({ pid }) => pid);
  };
  return { members, kill: () => cgroup.kill() };
};

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
  while (group.members().length > 0) {
    if (performance.now() > until) return false;
    await delay(LOOK_AGAIN_MS);
  }
  return true;
};

/** SIGTERM, time to tidy up, then SIGKILL until nobody is left. Resolves only when the group is gone. */
export const endGroup = async (group: Group, graceMs: number): Promise<void> => {
  if (graceMs > 0) {
    send(group.members(), 'SIGTERM');
    if (await isGoneWithin(group, graceMs)) return;
  }
  do {
    group.kill();
    send(group.members(), 'SIGKILL');
  } while (!(await isGoneWithin(group, LOOK_AGAIN_MS * 4)));
};

/** How long a service that the script started last may take to get a session of its own. */
const SETTLING_MS = 500;
/** How long it may take when it gets no processor for that, or its program does not come from the disk. */
const STARVED_MS = 10_000;
/** Getting a session costs a thousandth of a second; who has had a tenth and is still here does not mean to leave. */
const LEFT_BY_TICKS = 10;

/** Pure: who rests, or works, in the script's group has come to what it does there; who waits to run has not. */
export const hasHadItsTime = ({ state, ticks }: Pick<Living, 'state' | 'ticks'>, forMs: number): boolean => {
  const isStarved = (state === 'R' || state === 'D') && ticks < LEFT_BY_TICKS;
  return forMs > (isStarved ? STARVED_MS : SETTLING_MS);
};

/** What a script left behind in its own group by mistake; a service it started on purpose has a session of its own. */
export const endStragglers = async (leader: number): Promise<void> => {
  const since = performance.now();
  for (;;) {
    const left = living().filter(({ pgrp }) => pgrp === leader);
    const over = left.filter((one) => hasHadItsTime(one, performance.now() - since));
    send(over.map(({ pid }) => pid), 'SIGKILL');
    if (over.length === left.length) return;
    await delay(LOOK_AGAIN_MS);
  }
};
