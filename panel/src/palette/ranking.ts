/**
 * How well a text answers what somebody typed. Every character must come in order; together, at the beginnings of words
 * and near the front they count more. Each typed word is looked for by itself, so "web install" finds "Install … on web-1".
 */
const AT_BEGINNING_OF_WORD = 8;
const TOGETHER = 5;
const AT_FRONT = 6;
const WHOLE_WORD = 6;

const isWordStart = (text: string, at: number): boolean => at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1] ?? '');

/** Undefined: a character is missing. */
const scoreOfWord = (word: string, text: string): number | undefined => {
  const whole = text.indexOf(word);
  if (whole >= 0) {
    // The place that counts most, of all where it stands as it was typed.
    for (let at = whole; at >= 0; at = text.indexOf(word, at + 1)) if (isWordStart(text, at)) return word.length * TOGETHER + AT_BEGINNING_OF_WORD + WHOLE_WORD + (at === 0 ? AT_FRONT : 0);
    return word.length * TOGETHER;
  }
  // Scattered letters say something in short words only.
  let [score, from] = [0, 0];
  for (const character of word) {
    const at = text.indexOf(character, from);
    if (at === -1) return undefined;
    score += at === from && from > 0 ? 2 : isWordStart(text, at) ? 3 : -1;
    from = at + 1;
  }
  return score > 0 ? score : undefined;
};

const wordsOf = (text: string): string[] => text.toLowerCase().split(/\s+/).filter(Boolean);

/** Higher is better; undefined where it is no answer. Nothing typed is answered by everything alike. */
export const scoreOf = (typed: string, text: string): number | undefined => {
  const lower = text.toLowerCase();
  let sum = 0;
  for (const word of wordsOf(typed)) {
    const score = scoreOfWord(word, lower);
    if (score === undefined) return undefined;
    sum += score;
  }
  return sum - Math.min(lower.length, 100) / 100;
};

export type Ranked = { readonly text: string; /** Found by, but not shown. */ readonly also?: string };

/** The best first; among equals the order that they came in. */
export const rank = <Entry extends Ranked>(typed: string, entries: readonly Entry[], most: number): Entry[] =>
  entries
    .flatMap((entry) => {
      const score = scoreOf(typed, entry.text);
      const hidden = score === undefined && entry.also ? scoreOf(typed, `${entry.text} ${entry.also}`) : undefined;
      return score === undefined && hidden === undefined ? [] : [{ entry, score: score ?? (hidden ?? 0) / 2 }];
    })
    .toSorted((a, b) => b.score - a.score)
    .slice(0, most)
    .map(({ entry }) => entry);
