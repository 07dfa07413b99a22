/** What a strategy comes to with so many servers. */
import type { RunStrategy } from '@citrus/contracts';

/** A part of a wave is never nothing; a part that may fail is rounded down, so that 5 % of ten servers allow no failure. */
const serversOf = (share: string, total: number, round: (value: number) => number): number =>
  Math.min(total, share.endsWith('%') ? round((Number(share.slice(0, -1)) * total) / 100) : Number(share));

/** How many servers have begun when each wave has; always growing, the last one is all. */
export const waveEndsOf = ({ waves }: RunStrategy, total: number): number[] => {
  const ends = [...waves, '100%'].map((share) => serversOf(share, total, Math.ceil)).sort((a, b) => a - b);
  return [...new Set(ends)];
};

export const allowedFailuresOf = ({ maxFailures }: RunStrategy, total: number): number => serversOf(maxFailures, total, Math.floor);
