/** What is left to chance, from a seed: the same droplet has the same luck in every run, whatever else happens around it. */
import { createHash } from 'node:crypto';

export type Luck = {
  /** True for this share of all names. */
  readonly strikes: (share: number, name: string) => boolean;
  /** Anywhere below the limit. */
  readonly below: (limit: number, name: string) => number;
};

const MAX = 2 ** 48;

export const luckOf = (seed: number): Luck => {
  const random = (name: string): number => createHash('sha256').update(`${seed} ${name}`).digest().readUIntBE(0, 6) / MAX;
  return { strikes: (share, name) => random(name) < share, below: (limit, name) => random(name) * limit };
};
