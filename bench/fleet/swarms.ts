/** The fleet's processes, and what all of them together say. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild, type Child } from './children.ts';

/** Each agent needs two files (its socket and its journal) and 20,000 is a common limit; and a process has one thread. */
const MOST_IN_A_PROCESS = 2500;
const LOOK_EVERY_MS = 100;

export type Slice = { readonly from: number; readonly count: number };
/** At least two, so that half a fleet can be there. */
export const slicesOf = (agents: number): Slice[] => {
  const size = Math.min(MOST_IN_A_PROCESS, Math.ceil(agents / 2));
  return Array.from({ length: Math.ceil(agents / size) }, (_, n) => ({ from: n * size, count: Math.min(size, agents - n * size) }));
};

export type SwarmOptions = { readonly agents: number; readonly identities: string; readonly hubUrl: string; readonly dir: string; readonly startWithinMs: number };
type Figure = 'connectedNow' | 'connected' | 'refusedSignIns' | 'jobs' | 'restarts';

export type Swarms = {
  readonly children: readonly (Slice & { readonly child: Child })[];
  /** Starts the other half. @returns how many there are then */
  startMore(): number;
  total(figure: Figure): number;
  /** How long until so many are connected. @throws when they are not in time, with how many are */
  untilConnected(count: number, withinMs: number): Promise<number>;
  stop(): Promise<void>;
};

export const startSwarms = ({ agents, identities, hubUrl, dir, startWithinMs }: SwarmOptions): Swarms => {
  mkdirSync(dir, { recursive: true });
  const onLine = (line: Readonly<Record<string, unknown>>) => {
    if (process.env['CITRUS_BENCH_VERBOSE'] && line['event'] !== 'swarm.figures') process.stderr.write(`${JSON.stringify(line)}\n`);
  };
  const slices = slicesOf(agents);
  const children: (Slice & { readonly child: Child })[] = [];
  const start = (some: readonly Slice[]) => children.push(...some.map(({ from, count }) => ({
    from, count,
    child: startChild('swarm/main', ['--identities', identities, '--hub', hubUrl, '--dir', join(dir, String(from)), '--from', String(from), '--count', String(count), '--start-within-ms', String(startWithinMs), '--figures-every-ms', '250'], onLine),
  })));
  start(slices.slice(0, Math.ceil(slices.length / 2)));
  const total = (figure: Figure) => children.reduce((sum, { child }) => sum + Number(child.last('connectedNow')?.[figure] ?? 0), 0);
  return {
    children,
    startMore: () => {
      start(slices.slice(children.length));
      return children.reduce((sum, { count }) => sum + count, 0);
    },
    total,
    untilConnected: async (count, withinMs) => {
      const startedAt = performance.now();
      while (total('connectedNow') < count) {
        if (children.some(({ child }) => child.hasEnded())) throw new Error('a process of the swarm has ended');
        if (performance.now() - startedAt > withinMs) throw new Error(`after ${withinMs / 1000} s only ${total('connectedNow')} of ${count} agents are connected; ${children.length} processes: ${children.map(({ from, count: of, child }) => `${Number(child.last('connectedNow')?.['connectedNow'] ?? 0)} of ${of} from ${from}`).join(', ')}`);
        await delay(LOOK_EVERY_MS);
      }
      return performance.now() - startedAt;
    },
    stop: async () => void (await Promise.all(children.map(({ child }) => child.stop()))),
  };
};
