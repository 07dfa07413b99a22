/** Rows for people. In a terminal the last column gives way; in a pipe nothing is cut. */
import Table from 'cli-table3';
import { printable, type Terminal } from './terminal.ts';

const NARROWEST = 10;
const GAP = 2;
const BARE = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: ' '.repeat(GAP),
};

const widthOf = (rows: readonly (readonly string[])[], column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0));

const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);

/** The texts are made printable here, also the names of columns: a query may bring its own. */
export const tableOf = (names: readonly string[], rows: readonly (readonly string[])[], terminal: Pick<Terminal, 'columns' | 'style'>): string => {
  const head = names.map(printable);
  const cells = rows.map((row) => row.map(printable));
  const widths = head.map((_, column) => widthOf([head, ...cells], column));
  const last = head.length - 1;
  const before = widths.slice(0, last).reduce((sum, width) => sum + width + GAP, 0);
  const room = terminal.columns === undefined ? Infinity : Math.max(NARROWEST, terminal.columns - before);
  const table = new Table({ head: head.map((text) => terminal.style('bold', text)), chars: BARE, style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true } });
  table.push(...cells.map((row) => row.map((text, column) => (column === last ? cut(text, room) : text))));
  return table.toString().split('\n').map((line) => line.trimEnd()).join('\n');
};
