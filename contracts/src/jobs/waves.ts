/** What the waves of a run come to with so many servers. No zod: the panel reads it too. */

/** A part of a wave is never nothing; what may fail is rounded down, so that 5 % of ten servers allow no failure. */
export const serversOfShare = (share: string, total: number, round: (value: number) => number): number =>
  Math.min(total, share.endsWith('%') ? round((Number(share.slice(0, -1)) * total) / 100) : Number(share));

/** How many servers have begun when each wave has; always growing, the last one is all. */
export const waveEndsOf = ({ waves }: { readonly waves: readonly string[] }, total: number): number[] => {
  const ends = [...waves, '100%'].map((share) => serversOfShare(share, total, Math.ceil)).sort((a, b) => a - b);
  return [...new Set(ends)];
};
