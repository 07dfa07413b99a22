/**
 * What a script prints, on its way out: bytes to text, what a terminal would obey taken out, secrets masked, `::progress`
 * and `::output` lines taken out, gathered into pieces of at most 50 ms or 32 KiB. A line is never held back, except
 * while it may still become one of those.
 */
import { LONGEST_OUTPUT } from '@citrus/contracts';
import type { Masking } from '@citrus/kit-crypto';
import { StringDecoder } from 'node:string_decoder';
import { createTerminalFilter } from './terminal.ts';

export type Progress = { readonly percent: number; readonly text: string };
export type Piece = { readonly text: string; readonly progress?: Progress };
export type NamedValue = { readonly name: string; readonly value: string };
/** What a line means that is not for people to read. */
export type Said = { readonly progress: Progress } | { readonly output: NamedValue };

export const PIECE_EVERY_MS = 50;
const PIECE_CHARACTERS = 32 * 1024;
const PROGRESS = /^::progress (\d{1,3})(?: (.*))?\r?$/s;
const OUTPUT = /^::output ([A-Z][A-Z0-9_]{0,40}) (.*?)\r?$/s;
const STARTS = ['::progress ', '::output '];
const LONGEST_LINE = LONGEST_OUTPUT + 60;

export const saidIn = (line: string): Said | undefined => {
  const progress = PROGRESS.exec(line);
  const percent = Number(progress?.[1]);
  if (progress && percent <= 100) return { progress: { percent, text: (progress[2] ?? '').slice(0, 512) } };
  const [, name, value = ''] = OUTPUT.exec(line) ?? [];
  return name !== undefined && value.length <= LONGEST_OUTPUT ? { output: { name, value } } : undefined;
};

const maySaySomething = (line: string): boolean => line.length < LONGEST_LINE && STARTS.some((start) => line.startsWith(start) || start.startsWith(line));

/** Splits a stream into text to show and what its lines say; `push` gets whatever arrived, in any cut. */
export const createLineFilter = (onSaid: (said: Said) => void) => {
  let line = '';
  let isShown = false;
  const take = (): boolean => {
    const said = isShown ? undefined : saidIn(line);
    if (said) onSaid(said);
    return said !== undefined;
  };
  const finishLine = (): string => {
    const shown = take() ? '' : `${line}\n`;
    line = '';
    isShown = false;
    return shown;
  };
  const pushPart = (part: string): string => {
    line += part;
    if (!isShown && maySaySomething(line)) return '';
    const shown = line;
    line = '';
    isShown = true;
    return shown;
  };
  return {
    push: (text: string): string => {
      const parts = text.split('\n');
      let shown = '';
      for (const [index, part] of parts.entries()) {
        if (part !== '') shown += pushPart(part);
        if (index < parts.length - 1) shown += finishLine();
      }
      return shown;
    },
    end: (): string => (line === '' || take() ? '' : line),
  };
};

/** Half a surrogate pair is no text. */
const cutPoint = (text: string): number => {
  const last = text.charCodeAt(PIECE_CHARACTERS - 1);
  return last >= 0xd800 && last < 0xdc00 ? PIECE_CHARACTERS - 1 : PIECE_CHARACTERS;
};

export type Output = {
  readonly push: (bytes: Uint8Array) => void;
  readonly end: () => void;
  /** What it has handed on so far, of what it may hand on; the last value of a name counts. */
  readonly values: () => Readonly<Record<string, string>>;
};

export const createOutput = (masking: Masking, write: (piece: Piece) => void, outputNames: readonly string[] = []): Output => {
  const decoder = new StringDecoder('utf8');
  const terminal = createTerminalFilter();
  const masker = masking.stream();
  const values = new Map<string, string>();
  let text = '';
  let progress: Progress | undefined;
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (text !== '' || progress) write({ text, ...(progress && { progress }) });
    text = '';
    progress = undefined;
  };
  const filter = createLineFilter((said) => {
    if ('output' in said) {
      if (outputNames.includes(said.output.name)) values.set(said.output.name, said.output.value);
      return;
    }
    ({ progress } = said);
    timer ??= setTimeout(flush, PIECE_EVERY_MS);
  });
  const gather = (more: string): void => {
    text += more;
    while (text.length >= PIECE_CHARACTERS) {
      const rest = text.slice(cutPoint(text));
      text = text.slice(0, cutPoint(text));
      flush();
      text = rest;
    }
    if (text !== '') timer ??= setTimeout(flush, PIECE_EVERY_MS);
  };
  return {
    push: (bytes) => gather(filter.push(masker.push(terminal.push(decoder.write(bytes))))),
    end: () => {
      gather(filter.push(masker.push(terminal.push(decoder.end())) + masker.end()) + filter.end());
      flush();
    },
    values: () => Object.fromEntries(values),
  };
};
