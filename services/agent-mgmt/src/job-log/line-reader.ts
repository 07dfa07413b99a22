/** The pieces of a log as numbered lines, from any line on. */
import { createLineCutter, type LogEntry } from '@citrus/contracts';

/** Where a line begins: its number, the piece and the place in it. */
export type Place = { readonly line: number; readonly cursor: number; readonly offset: number };
/** `at`: when the piece came in which the line begins. */
export type Line = { readonly begins: Place; readonly at: string; readonly raw: string };

export const parsePlace = (cursor: string | undefined): Place => {
  const [line = 1, piece = 0, offset = 0] = cursor?.split('.').map(Number) ?? [];
  return { line: Math.max(1, line), cursor: piece, offset };
};
export const printPlace = ({ line, cursor, offset }: Place): string => `${line}.${cursor}.${offset}`;

/** The first piece that is pushed is the one that the place is in, or the next one after it. */
export const createLineReader = (start: Place) => {
  let begins = start;
  let at = '';
  let piece = { cursor: start.cursor, skipped: 0, at: '' };
  let lines: Line[] = [];
  const cutter = createLineCutter((raw, next) => {
    lines.push({ begins, at, raw });
    begins = { line: begins.line + 1, cursor: piece.cursor, offset: next + piece.skipped };
    ({ at } = piece);
  });
  return {
    /** The lines that ended in this piece. */
    push: (entry: Pick<LogEntry, 'cursor' | 'at' | 'text'>): readonly Line[] => {
      piece = { cursor: entry.cursor, skipped: entry.cursor === start.cursor ? start.offset : 0, at: entry.at };
      if (cutter.open() === '') ({ at } = piece);
      lines = [];
      cutter.push(entry.text.slice(piece.skipped));
      return lines;
    },
    /** What came of the last line, whose end has not come; undefined if nothing did. */
    open: (): Line | undefined => (cutter.open() === '' ? undefined : { begins, at, raw: cutter.open() }),
    /** Where the line begins that has not ended. */
    place: (): Place => begins,
  };
};
