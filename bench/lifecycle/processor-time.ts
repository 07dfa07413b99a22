/** Processor time that each program has used so far, with all that it started: a busy machine does not change it much. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type Stat = { readonly pid: number; readonly parent: number; readonly own: number; readonly ended: number };

/** Linux counts in hundredths of a second, behind a name in parentheses that may hold anything. */
const statOf = (pid: number): Stat | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number);
    const [, parent = 0] = fields;
    return { pid, parent, own: ((fields[11] ?? 0) + (fields[12] ?? 0)) * 10, ended: ((fields[13] ?? 0) + (fields[14] ?? 0)) * 10 };
  } catch {
    return undefined; // it ended while we looked
  }
};

/** By program, in milliseconds. */
export const timesOf = (pids: Readonly<Record<string, number>>): Record<string, number> => {
  const all = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)).flatMap((pid) => statOf(Number(pid)) ?? []);
  const timeOf = (pid: number) => all.filter((stat) => stat.pid === pid || stat.parent === pid).reduce((sum, stat) => sum + stat.own + (stat.pid === pid ? stat.ended : 0), 0);
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, timeOf(pid)]));
};

/** `more`: programs that the supervisor does not know. */
export const processorTime = (home: string, more: Readonly<Record<string, number>>): Record<string, number> => {
  const supervised = readdirSync(join(home, 'run')).filter((file) => file.endsWith('.pid')).map((file) => [file.slice(0, -4), Number(readFileSync(join(home, 'run', file), 'utf8'))] as const);
  return timesOf({ ...Object.fromEntries(supervised), ...more });
};
