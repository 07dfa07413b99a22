import { describe, expect, test } from 'vitest';
import { classesOf, parseLine, PLAIN } from './ansi.ts';

const shown = (raw: string) => parseLine(raw, PLAIN).runs.map(({ text, style }) => [text, classesOf(style)]);

describe('a line of output', () => {
  test('keeps its colours as classes', () => {
    expect(shown('\u001b[1;32mok\u001b[0m plain \u001b[38;5;196mred\u001b[39m \u001b[48;2;0;0;255mblue')).toEqual([
      ['ok', 'ansi-2 ansi-bold'], [' plain ', ''], ['red', 'ansi-9'], [' ', ''], ['blue', 'ansi-bg-12'],
    ]);
  });

  test('loses every other escape: titles, links, clipboard, cursor moves, bells', () => {
    expect(shown('a\u001b]0;title\u0007b\u001b]8;;http://x\u001b\\c\u001b]52;c;ZXZpbA==\u0007d\u001b[2J\u001b[10;10He\u0007\b\u001b(Bf')).toEqual([['abcdef', '']]);
  });

  test('shows what a progress bar drew last', () => {
    expect(shown('10 %\r50 %\r100 %\r')).toEqual([['100 %', '']]);
  });

  test('hides an escape that has not come whole yet', () => {
    expect(shown('text\u001b[3')).toEqual([['text', '']]);
    expect(shown('text\u001b')).toEqual([['text', '']]);
  });

  test('hands its colour on to the next line', () => {
    const { style } = parseLine('\u001b[31mred', PLAIN);
    expect(parseLine('still', style).runs).toEqual([{ text: 'still', style: { color: 1 } }]);
  });

  test('is never anything but text', () => {
    expect(shown('<img src=x onerror=alert(1)>')).toEqual([['<img src=x onerror=alert(1)>', '']]);
  });
});
