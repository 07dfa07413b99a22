/** Chance that can be repeated: the same seed gives the same choices. */
export type Chance = {
  /** A whole number from 0, below this one. */
  below(count: number): number;
  /** A seed for somebody else's chance. */
  seed(): number;
};

export const chanceOf = (seed: number): Chance => {
  let state = seed >>> 0;
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return { below: (count) => Math.floor((next() / 2 ** 32) * count), seed: next };
};
