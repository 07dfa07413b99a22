/** A job's output as lines, grown by pieces that may end anywhere: in a line, in an escape, between CR and LF. */
import { createLineCutter } from '@citrus/contracts/inputs';
import { parseLine, PLAIN, type Run, type Style } from './ansi.ts';

/** `number`: undefined for a step that the script told about itself, which is no line of its output. */
export type LogLine = { readonly runs: readonly Run[]; readonly number: number | undefined; readonly at: string };

/** What a browser carries easily; the rest is searched on the server and read raw. */
const MOST_LINES = 400_000;
const MOST_CHARACTERS = 64_000_000;

const seenOf = (lines: readonly LogLine[]): string => lines.map(({ runs }) => runs.map(({ text }) => text).join('')).join('\n');

const STEP: Style = { color: 6, bold: true };

export class LogBuffer {
  readonly lines: LogLine[] = [];
  /** Where in `lines` each numbered line stands. */
  private readonly places: number[] = [];
  private readonly cutter = createLineCutter((raw) => this.finish(raw));
  private style: Style = PLAIN;
  /** When the piece came in which the last line began, and the newest one. */
  private at = '';
  private newestAt = '';
  /** The last line stands in `lines` already, though its end has not come. */
  private isOpen = false;
  private characters = 0;
  /** There is more than is kept here. */
  isFull = false;

  /** Returns the index of the first line that is new or different. */
  append(text: string, at = ''): number {
    this.isFull ||= this.lines.length >= MOST_LINES || this.characters >= MOST_CHARACTERS;
    if (this.isFull) return this.lines.length;
    this.characters += text.length;
    const first = this.lines.length - (this.isOpen ? 1 : 0);
    this.takeOpen();
    if (this.cutter.open() === '') this.at = at;
    this.newestAt = at;
    this.cutter.push(text);
    this.showOpen();
    return first;
  }

  /** A step that the script told about itself; between lines only, because a line may not have ended yet. */
  note(text: string): number {
    if (this.isOpen || this.isFull) return this.lines.length;
    return this.lines.push({ runs: [{ text: `▸ ${text}`, style: STEP }], number: undefined, at: this.newestAt }) - 1;
  }

  /** How many lines of output there are. */
  get count(): number {
    return this.places.length;
  }

  /** Where a line stands among all, from its number; undefined while there is none. */
  indexOf(number: number): number | undefined {
    return this.places[number - 1];
  }

  /** What is seen of the lines with these numbers, or of all, steps and all. */
  text(from?: number, to = from): string {
    return from === undefined ? this.textOf() : seenOf(this.places.slice(from - 1, to).flatMap((place) => this.lines[place] ?? []));
  }

  /** What is seen from one index up to another, steps and all. */
  textOf(from = 0, to = this.lines.length): string {
    return seenOf(this.lines.slice(from, to));
  }

  private finish(raw: string): void {
    const { runs, style } = parseLine(raw, this.style);
    this.add(runs);
    this.style = style;
    this.at = this.newestAt;
  }

  private add(runs: readonly Run[]): void {
    this.places.push(this.lines.length);
    this.lines.push({ runs, number: this.places.length, at: this.at });
  }

  private takeOpen(): void {
    if (!this.isOpen) return;
    this.lines.pop();
    this.places.pop();
    this.isOpen = false;
  }

  private showOpen(): void {
    const open = this.cutter.open();
    if (open === '') return;
    this.add(parseLine(open, this.style).runs);
    this.isOpen = true;
  }
}
