/**
 * What a script prints, on its way out: bytes to text, secrets masked, `::progress` lines taken out, gathered into
 * pieces of at most 50 ms or 32 KiB. A line is never held back, except while it may still become a progress line.
 */
import type { Masking } from '@citrus/kit-crypto';
import { StringDecoder } from 'node:string_decoder';

export type Progress = { readonly percent: number; readonly text: string };
export type Piece = { readonly text: string; readonly progress?: Progress };

export const PIECE_EVERY_MS = 50;
const PIECE_CHARACTERS = 32 * 1024;
const PROGRESS = /^::progress (\d{1,3})(?: (.*))?\r?$/s;
const PROGRESS_START = '::progress ';
const LONGEST_PROGRESS_LINE = 600;

export const progressOf = (line: string): Progress | undefined => {
  const match = PROGRESS.exec(line);
  const percent = Number(match?.[1]);
  return match && percent <= 100 ? { percent, text: (match[2] ?? '').slice(0, 512) } : undefined;
};

const mayBecomeProgress = (line: string): boolean =>
  line.length < LONGEST_PROGRESS_LINE && (line.startsWith(PROGRESS_START) || PROGRESS_START.startsWith(line));

/** Splits a stream into text to show and progress; `push` gets whatever arrived, in any cut. */
export const createProgressFilter = (onProgress: (progress: Progress) => void) => {
  let line = '';
  let isShown = false;
  const finishLine = (): string => {
    const progress = isShown ? undefined : progressOf(line);
    if (progress) onProgress(progress);
    const shown = progress ? '' : `${line}\n`;
    line = '';
    isShown = false;
    return shown;
  };
  const pushPart = (part: string): string => {
    line += part;
    if (!isShown && mayBecomeProgress(line)) return '';
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
    end: (): string => {
      if (line === '') return '';
      const progress = isShown ? undefined : progressOf(line);
      if (progress) onProgress(progress);
      return progress ? '' : line;
    },
  };
};

/** PostgreSQL's text has no NUL, and half a surrogate pair is no text. */
const cutPoint = (text: string): number => {
  const last = text.charCodeAt(PIECE_CHARACTERS - 1);
  return last >= 0xd800 && last < 0xdc00 ? PIECE_CHARACTERS - 1 : PIECE_CHARACTERS;
};

export type Output = { readonly push: (bytes: Uint8Array) => void; readonly end: () => void };

export const createOutput = (masking: Masking, write: (piece: Piece) => void): Output => {
  const decoder = new StringDecoder('utf8');
  const masker = masking.stream();
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
  const filter = createProgressFilter((next) => {
    progress = next;
    timer ??= setTimeout(flush, PIECE_EVERY_MS);
  });
  const gather = (more: string): void => {
    text += more.replaceAll('\0', '\u{fffd}');
    while (text.length >= PIECE_CHARACTERS) {
      const rest = text.slice(cutPoint(text));
      text = text.slice(0, cutPoint(text));
      flush();
      text = rest;
    }
    if (text !== '') timer ??= setTimeout(flush, PIECE_EVERY_MS);
  };
  return {
    push: (bytes) => gather(filter.push(masker.push(decoder.write(bytes)))),
    end: () => {
      gather(filter.push(masker.push(decoder.end()) + masker.end()) + filter.end());
      flush();
    },
  };
};
