/** Where the command writes: results to stdout, everything else to stderr. Colours only underline what words say already. */
import { styleText } from 'node:util';
import { wantsQuiet } from './quiet.ts';

type Style = Parameters<typeof styleText>[0];

export type Terminal = {
  /** A line of the result. @returns a promise that waits while the reader of a pipe is slower than we are */
  readonly out: (line: string) => Promise<void>;
  /** A line for the person beside the result. */
  readonly note: (line: string) => void;
  readonly style: (style: Style, text: string) => string;
  /** Undefined where lines may be as long as they like: in a file or a pipe. */
  readonly columns: number | undefined;
  readonly isInteractive: boolean;
};

/** Control characters and those that turn the direction of text around: they could make a terminal show or do what we did not write. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}]/gu;

/** Text of others, made safe to show. */
export const printable = (text: string): string => text.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The same for text of ours with that of others in it: its line breaks stay. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');

const write = (stream: NodeJS.WriteStream, text: string): Promise<void> =>
  new Promise((resolve) => {
    if (stream.write(text)) resolve();
    else stream.once('drain', resolve);
  });

export const processTerminal = (): Terminal => ({
  out: (line) => write(process.stdout, `${line}\n`),
  note: (line) => {
    if (!wantsQuiet()) process.stderr.write(`${printableLines(line)}\n`);
  },
  style: (style, text) => styleText(style, text, { stream: process.stdout }),
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  isInteractive: process.stdin.isTTY && process.stderr.isTTY,
});
