/**
 * How a job's output becomes numbered lines, wherever it was cut into pieces, and what a reader sees of one. The panel
 * numbers lines with this and so does the search, so that `#L120` is the same line for everybody. The panel imports this
 * file, so it holds no zod and no Node.
 */

/** A "line" without an end is cut here, so that one growing line never costs its square. */
const LONGEST_LINE = 8192;

/** CSI (with its parameters and final byte), OSC and other strings, short escapes, an unfinished one at the end, and control characters. */
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
export const TERMINAL_CONTROL = /\u001b\[([0-9;:<=>?]*)[ -/]*([@-~])|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\|$)|\u001b[ -/]*[0-Z\\^-~]|\u001b[^\n]*$|\r|[\u0000-\u0008\u000b-\u001f\u007f\u0080-\u009f]/g;

/** What is seen of one line: without colours, and begun anew by a carriage return, as a progress bar means it. */
export const visibleText = (raw: string): string => {
  const line = raw.replace(/\r+$/, '');
  let shown = '';
  let from = 0;
  for (const match of line.matchAll(TERMINAL_CONTROL)) {
    shown = match[0] === '\r' ? '' : shown + line.slice(from, match.index);
    from = match.index + match[0].length;
  }
  return from === 0 ? line : shown + line.slice(from);
};

/** A pair of surrogates is not cut in two. */
const lengthOfCut = (text: string): number => (/[\ud800-\udbff]/.test(text[LONGEST_LINE - 1] ?? '') && /[\udc00-\udfff]/.test(text[LONGEST_LINE] ?? '') ? LONGEST_LINE + 1 : LONGEST_LINE);

export type LineCutter = {
  /** What came of the last line, whose end has not come yet. */
  readonly open: () => string;
  readonly push: (text: string) => void;
};

/** @param onLine gets each line without its end, and where in the text that was pushed the next one begins */
export const createLineCutter = (onLine: (raw: string, next: number) => void): LineCutter => {
  let open = '';
  /** `end`: where in the pushed text `open` ends. */
  const cutLongOnes = (end: number): void => {
    while (open.length > LONGEST_LINE) {
      const cut = lengthOfCut(open);
      const line = open.slice(0, cut);
      open = open.slice(cut);
      onLine(line, end - open.length);
    }
  };
  return {
    open: () => open,
    push: (text) => {
      let from = 0;
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
        open += text.slice(from, end);
        cutLongOnes(end);
        const line = open;
        open = '';
        from = end + 1;
        onLine(line, from);
      }
      open += text.slice(from);
      cutLongOnes(text.length);
    },
  };
};
