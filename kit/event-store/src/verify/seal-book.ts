/** Seals from all the places where they are kept, taken together: only those with a good signature, and what is wrong. Pure. */
import type { LogProblem } from '@citrus/contracts';
import { digestOf, lineOf, type Seal } from './seal.ts';

export type SealCopy = {
  /** For people: `the file`, `the database`, `the stream`. */
  readonly place: string;
  readonly seals: readonly Seal[];
  /** Entries that are no seals at all. */
  readonly damaged: number;
  /** May lack the newest ones: another replica made them, or they are on their way. */
  readonly mayBeBehind: boolean;
};

export type SealBook = { readonly seals: readonly Seal[]; readonly problems: readonly LogProblem[] };

const spanOf = ({ from, to }: Seal): string => `positions ${from} to ${to}`;
const problem = (position: number, message: string): LogProblem => ({ position, kind: 'seal', message });

const problemsOfCopy = ({ place, seals, damaged, mayBeBehind }: SealCopy, good: readonly Seal[], isGood: (seal: Seal) => boolean): LogProblem[] => {
  const own = seals.filter(isGood);
  const [lines, last] = [new Set(own.map(lineOf)), Math.max(0, ...own.map(({ to }) => to))];
  const lacking = good.filter((seal) => !lines.has(lineOf(seal)) && !(mayBeBehind && seal.from > last));
  return [
    ...(damaged > 0 ? [problem(0, `${damaged} of the seals in ${place} cannot be read`)] : []),
    ...seals.filter((seal) => !isGood(seal)).map((seal) => problem(seal.from, `the seal of ${spanOf(seal)} in ${place} is not signed by a key that counts`)),
    ...lacking.map((seal) => problem(seal.from, `the seal of ${spanOf(seal)} is gone from ${place}`)),
  ];
};

/** Each seal follows the one before it, without a gap and naming it. */
const problemsOfChain = (good: readonly Seal[]): LogProblem[] =>
  good.flatMap((seal, index) => {
    const before = good[index - 1];
    if (before && seal.from <= before.to) return [problem(seal.from, `two different seals are signed for position ${seal.from}`)];
    if (seal.from !== (before?.to ?? 0) + 1) return [problem((before?.to ?? 0) + 1, `positions ${(before?.to ?? 0) + 1} to ${seal.from - 1} were sealed, but their seal is gone from everywhere`)];
    return seal.previous === digestOf(before) ? [] : [problem(seal.from, `the seal of ${spanOf(seal)} does not follow from the one before it`)];
  });

export const gatherSeals = (copies: readonly SealCopy[], isGood: (seal: Seal) => boolean): SealBook => {
  const byLine = new Map(copies.flatMap(({ seals }) => seals.filter(isGood).map((seal) => [lineOf(seal), seal] as const)));
  const good = [...byLine.values()].sort((a, b) => a.from - b.from);
  return { seals: good, problems: [...copies.flatMap((copy) => problemsOfCopy(copy, good, isGood)), ...problemsOfChain(good)] };
};
