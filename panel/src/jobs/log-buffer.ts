/** A job's output as lines, grown by pieces that may end anywhere: in a line, in an escape, between CR and LF. */
import { parseLine, PLAIN, type Run, type Style } from './ansi.ts';

export type LogLine = readonly Run[];

const STEP: Style = { color: 6, bold: true };

/** A "line" without an end is cut here, so that one growing line never costs its square. */
const LONGEST_LINE = 8192;

export class LogBuffer {
  readonly lines: LogLine[] = [];
  /** As it came, colours and all. */
  private readonly pieces: string[] = [];
  /** The raw text of the last line while its end has not come yet. */
  private open = '';
  private style: Style = PLAIN;

  /** Returns the index of the first line that is new or different. */
  append(text: string): number {
    this.pieces.push(text);
    const first = this.open === '' ? this.lines.length : this.lines.length - 1;
    const raw = this.open + text;
    if (this.open !== '') this.lines.pop();
    const complete = raw.split('\n');
    this.open = complete.pop() ?? '';
    for (const line of complete) this.finish(line);
    while (this.open.length > LONGEST_LINE) {
      this.finish(this.open.slice(0, LONGEST_LINE));
      this.open = this.open.slice(LONGEST_LINE);
    }
    if (this.open !== '') this.lines.push(parseLine(this.open, this.style).runs);
    return first;
  }

  /** A step that the script told about itself; between lines only, because a line may not have ended yet. */
  note(text: string): number {
    if (this.open !== '') return this.lines.length;
    return this.lines.push([{ text: `▸ ${text}`, style: STEP }]) - 1;
  }

  text(): string {
    return this.lines.map((line) => line.map(({ text }) => text).join('')).join('\n');
  }

  raw(): string {
    return this.pieces.join('');
  }

  private finish(raw: string): void {
    const { runs, style } = parseLine(raw, this.style);
    this.lines.push(runs);
    this.style = style;
  }
}
