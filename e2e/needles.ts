/** Many needles in much hay: as fast as one needle, where looking for one after the other would take minutes (Wu and Manber, 1994). */

/** So many letters are looked at together; no needle is shorter than this. */
const BLOCK = 3;
const TABLE = 1 << 16;

/** Two blocks may share a place in the table; what is found there is compared in full. */
const placeOf = (text: string, end: number): number => ((text.charCodeAt(end - 2) * 31 + text.charCodeAt(end - 1)) * 31 + text.charCodeAt(end)) & (TABLE - 1);

/**
 * @returns what tells whether one of the needles is in a text, and where the first that it meets begins
 * @throws Error for a needle that is too short to be looked for
 */
export const finderOf = (needles: readonly string[]): ((text: string) => { readonly needle: string; readonly at: number } | undefined) => {
  const shortest = Math.min(...needles.map((needle) => needle.length));
  if (shortest < BLOCK) throw new Error(`a needle has less than ${BLOCK} letters`);
  // How far the window may move when this block is at its end: to where the block comes next in a needle's beginning.
  const shifts = new Uint16Array(TABLE).fill(shortest - BLOCK + 1);
  const endingIn = new Map<number, string[]>();
  for (const needle of needles) {
    for (let end = BLOCK - 1; end < shortest; end += 1) {
      const place = placeOf(needle, end);
      shifts[place] = Math.min(shifts[place] ?? 0, shortest - 1 - end);
    }
    const last = placeOf(needle, shortest - 1);
    endingIn.set(last, [...(endingIn.get(last) ?? []), needle]);
  }
  return (text) => {
    for (let end = shortest - 1; end < text.length;) {
      const place = placeOf(text, end);
      const shift = shifts[place] ?? 0;
      if (shift > 0) {
        end += shift;
        continue;
      }
      const at = end - shortest + 1;
      const needle = endingIn.get(place)?.find((candidate) => text.startsWith(candidate, at));
      if (needle !== undefined) return { needle, at };
      end += 1;
    }
    return undefined;
  };
};
