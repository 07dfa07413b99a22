/**
 * Terminal colours as styled runs of plain text. Written here instead of taken from a library because the libraries
 * answer with HTML, and what a script prints must only ever become text nodes. Every other escape is dropped.
 */
import { TERMINAL_CONTROL } from '@citrus/contracts/inputs';

export type Style = { readonly color?: number; readonly background?: number; readonly bold?: boolean; readonly dim?: boolean; readonly italic?: boolean; readonly underline?: boolean };
export type Run = { readonly text: string; readonly style: Style };

export const PLAIN: Style = {};

/** The nearest of the sixteen colours, which both themes show readably. */
const nearest = (red: number, green: number, blue: number): number => {
  const [most, least] = [Math.max(red, green, blue), Math.min(red, green, blue)];
  if (most - least < 32) return most < 64 ? 0 : most < 150 ? 8 : most < 220 ? 7 : 15;
  const half = most / 2;
  return (red > half ? 1 : 0) + (green > half ? 2 : 0) + (blue > half ? 4 : 0) + (most > 200 ? 8 : 0);
};

const ofPalette = (index: number): number => {
  if (index < 16) return index;
  if (index >= 232) return nearest(8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10);
  const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
};

/** Reads the colour after 38 or 48 and says how many codes it took. */
const extended = (codes: readonly number[]): { color: number | undefined; taken: number } => {
  const [mode, first = 0, second = 0, third = 0] = codes;
  if (mode === 5) return { color: ofPalette(first), taken: 2 };
  return mode === 2 ? { color: nearest(first, second, third), taken: 4 } : { color: undefined, taken: 0 };
};

const without = (style: Style, ...keys: (keyof Style)[]): Style => Object.fromEntries(Object.entries(style).filter(([key]) => !keys.includes(key as keyof Style)));

const single = (style: Style, code: number): Style => {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 3) return { ...style, italic: true };
  if (code === 4) return { ...style, underline: true };
  if (code === 22) return without(style, 'bold', 'dim');
  if (code === 23) return without(style, 'italic');
  if (code === 24) return without(style, 'underline');
  if (code >= 30 && code <= 37) return { ...style, color: code - 30 };
  if (code === 39) return without(style, 'color');
  if (code >= 40 && code <= 47) return { ...style, background: code - 40 };
  if (code === 49) return without(style, 'background');
  if (code >= 90 && code <= 97) return { ...style, color: code - 82 };
  return code >= 100 && code <= 107 ? { ...style, background: code - 92 } : style;
};

const restyle = (style: Style, parameters: string): Style => {
  const codes = parameters.split(/[;:]/).map(Number);
  let next = style;
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code !== 38 && code !== 48) {
      next = single(next, code);
      continue;
    }
    const { color, taken } = extended(codes.slice(index + 1));
    index += taken;
    if (color !== undefined) next = { ...next, [code === 38 ? 'color' : 'background']: color };
  }
  return next;
};

/** One line without its line end. A carriage return starts the line anew, as a progress bar means it. */
export const parseLine = (raw: string, start: Style): { runs: Run[]; style: Style } => {
  const line = raw.replace(/\r+$/, '');
  let runs: Run[] = [];
  let style = start;
  let from = 0;
  const take = (text: string): void => {
    const last = runs.at(-1);
    if (text === '') return;
    if (last && last.style === style) runs[runs.length - 1] = { text: last.text + text, style };
    else runs.push({ text, style });
  };
  for (const match of line.matchAll(TERMINAL_CONTROL)) {
    take(line.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[0] === '\r') runs = [];
    else if (match[2] === 'm') style = restyle(style, match[1] ?? '');
  }
  take(line.slice(from));
  return { runs, style };
};

/** Class names for a style; the colours themselves belong to the theme. */
export const classesOf = (style: Style): string =>
  [
    style.color !== undefined && `ansi-${style.color}`, style.background !== undefined && `ansi-bg-${style.background}`,
    style.bold && 'ansi-bold', style.dim && 'ansi-dim', style.italic && 'ansi-italic', style.underline && 'ansi-underline',
  ].filter(Boolean).join(' ');
