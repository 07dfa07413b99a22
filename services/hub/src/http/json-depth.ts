/** How deep arrays and objects stand in each other: what is parsed is written again further on, and that goes by recursion. */
export const MOST_DEPTH = 64;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const OPENS = new Set([0x5b, 0x7b]);
const CLOSES = new Set([0x5d, 0x7d]);

/** Of text that may be no JSON at all. */
export const isDeeperThan = (text: string, most: number): boolean => {
  let [depth, isInString] = [0, false];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (isInString) {
      if (code === BACKSLASH) index += 1;
      else if (code === QUOTE) isInString = false;
    } else if (code === QUOTE) isInString = true;
    else if (OPENS.has(code) && (depth += 1) > most) return true;
    else if (CLOSES.has(code)) depth -= 1;
  }
  return false;
};
