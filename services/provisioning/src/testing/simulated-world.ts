/** What a simulated world is like: its luck, its moods, its clock. The same seed gives the same world. */

export type Chance = { (probability: number): boolean; below(limit: number): number };

/** A small, fast generator (mulberry32). */
export const chanceOf = (seed: number): Chance => {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return Object.assign((probability: number) => next() < probability, { below: (limit: number) => next() * limit });
};

/** What this world does more often than others, or never (0): bad luck seldom comes in all kinds, but much of one kind may. */
export type Mood = {
  /** Droplets made long after the connection of their create broke. */
  readonly late: number;
  /** Second droplets of one create. */
  readonly twins: number;
  readonly lags: number;
  readonly vanishing: number;
  /** The process sleeps after the log's answer. */
  readonly sleeps: number;
  /** People try again at once. */
  readonly haste: number;
  /** What people do with a server that is there: up to so many actions in its life. */
  readonly actions: number;
};
/** Nothing stands out, nobody sleeps, hurries or does anything with the server. */
export const USUAL: Mood = { late: 1, twins: 1, lags: 1, vanishing: 1, sleeps: 0, haste: 0, actions: 0 };

export type World = {
  readonly now: () => number;
  readonly pass: (ms: number) => void;
  readonly chance: Chance;
  /** Longest time until the cloud shows what it did. */
  readonly lagMs: number;
  readonly createTimeoutMs: number;
  /** How bad: probabilities are multiplied by it. */
  readonly trouble: number;
  readonly mood?: Mood;
  /** Machines on one page of a list; all, if left out. */
  readonly pageSize?: number;
  /**
   * The manners of Hetzner Cloud: a second create of one name is answered with the first one's machine, a rename is done
   * at once and is no operation, a restore is shown as a rebuild.
   */
  readonly hasUniqueNames?: boolean;
};
