/** Lets so many of a kind go on at once; the others wait for their turn, in the order in which they came. */
export const createTurns = (most: number) => {
  const kinds = new Map<string, { going: number; readonly waiting: (() => void)[] }>();
  const overFor = (kind: string) => () => {
    const known = kinds.get(kind);
    if (!known) return;
    const next = known.waiting.shift();
    if (next) return next();
    known.going -= 1;
    if (known.going === 0) kinds.delete(kind);
  };
  return {
    /** Resolves when it is one's turn, with what is to be called, once, when that is over. */
    mine: async (kind: string): Promise<() => void> => {
      const known = kinds.get(kind) ?? { going: 0, waiting: [] };
      kinds.set(kind, known);
      if (known.going >= most) await new Promise<void>((resolve) => void known.waiting.push(resolve));
      else known.going += 1;
      return overFor(kind);
    },
    /** Of how many kinds somebody goes on or waits. */
    get size(): number {
      return kinds.size;
    },
  };
};
