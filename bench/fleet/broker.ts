/** What the broker costs, and whom it has sent away. */
import { readFileSync } from 'node:fs';

/** Of this process, in kB. */
export const memoryOf = (pid: number): number => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? NaN);

/** How many files this process may have open, connections among them. */
export const filesOf = (pid: number): number => Number(/^Max open files\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1] ?? NaN);

const Most = 20_000;

/** Connections that were too slow to sign in, since the broker started; it remembers the last 10,000 that ended. */
export const authTimeouts = async (monitorUrl: string): Promise<number> => {
  const response = await fetch(`${monitorUrl}/connz?state=closed&limit=${Most}`);
  const { connections } = (await response.json()) as { connections: { reason?: string }[] };
  return connections.filter(({ reason }) => reason === 'Authentication Timeout').length;
};

/** What it uses of its memory after it has tidied up, goroutines' stacks included, in kB: without what Go keeps for later. */
export const heapOf = async (profileUrl: string): Promise<number> => {
  const text = await (await fetch(`${profileUrl}/debug/pprof/heap?debug=1&gc=1`)).text();
  const kb = (name: string) => Number(new RegExp(`^# ${name} = (\\d+)`, 'm').exec(text)?.[1] ?? NaN) / 1024;
  return kb('HeapAlloc') + kb('Stack');
};
