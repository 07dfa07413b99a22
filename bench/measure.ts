/** Ours and the peer in turns in one run, so that noise of the machine hits both; the median of the ratios counts. */
export type Figure = { readonly name: string; readonly unit: string; readonly ours: number; readonly peer: number; readonly peerName: string; readonly ratio: number };

/** A line of the table: a figure, or a number that has nothing beside it. */
export type Row = Pick<Figure, 'name' | 'unit' | 'ours'> & Partial<Figure>;

/** What a part of a suite gives: lines for people, numbers for programs. */
export type Part = { readonly rows: readonly Row[]; readonly metrics: Readonly<Record<string, number>> };

const ROUNDS = 3;

export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

export const inRounds = async (name: string, unit: string, { ours, peer, peerName }: { ours: () => Promise<number>; peer: () => Promise<number>; peerName: string }): Promise<Figure> => {
  const rounds: { ours: number; peer: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push({ ours: await ours(), peer: await peer() });
  return { name, unit, peerName, ours: Math.round(median(rounds.map((round) => round.ours))), peer: Math.round(median(rounds.map((round) => round.peer))), ratio: Number(median(rounds.map((round) => round.ours / round.peer)).toFixed(2)) };
};
