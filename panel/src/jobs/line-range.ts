/** Lines of a log as an address names them: `#L120` or `#L120-L130`. */
export type LineRange = { readonly from: number; readonly to: number };

const range = (first: number, second: number): LineRange | undefined => {
  const [from, to] = first <= second ? [first, second] : [second, first];
  return from >= 1 && Number.isSafeInteger(to) ? { from, to } : undefined;
};

/** Undefined for anything that is no range of lines. */
export const parseHash = (hash: string): LineRange | undefined => {
  const match = /^#L(\d{1,9})(?:-L(\d{1,9}))?$/.exec(hash);
  return match ? range(Number(match[1]), Number(match[2] ?? match[1])) : undefined;
};

/** What somebody types: `120` or `120-130`. */
export const parseTyped = (text: string): LineRange | undefined => {
  const match = /^\s*L?(\d{1,9})(?:\s*[-–]\s*L?(\d{1,9}))?\s*$/i.exec(text);
  return match ? range(Number(match[1]), Number(match[2] ?? match[1])) : undefined;
};

export const printHash = (lines: LineRange | undefined): string => {
  if (!lines) return '';
  return lines.from === lines.to ? `#L${lines.from}` : `#L${lines.from}-L${lines.to}`;
};

/** From what is marked to a line: how a shifted click grows it. */
export const growTo = (lines: LineRange | undefined, line: number, anchor = lines?.from ?? line): LineRange => ({ from: Math.min(anchor, line), to: Math.max(anchor, line) });
