import { array, assert, constantFrom, nat, property } from 'fast-check';
import { visibleText } from '@citrus/contracts/inputs';
import { describe, expect, test } from 'vitest';
import { LogBuffer } from './log-buffer.ts';

const filled = (pieces: readonly string[]): LogBuffer => {
  const buffer = new LogBuffer();
  for (const piece of pieces) buffer.append(piece);
  return buffer;
};

const output = array(constantFrom('line', ' ', '\n', '\r\n', '\r', '\u001b[31m', '\u001b[0m', 'ünï🍊', '\u001b]0;t\u0007', '\t'), { maxLength: 60 });

describe('the log', () => {
  test('is the same text however it was cut into pieces', () => {
    assert(property(output, array(nat(), { maxLength: 8 }), (parts, places) => {
      const whole = parts.join('');
      const ends = [...places.map((place) => place % (whole.length + 1)), whole.length].toSorted((a, b) => a - b);
      const pieces = ends.map((end, index) => whole.slice(ends[index - 1] ?? 0, end));
      expect(filled(pieces).lines).toEqual(filled([whole]).lines);
      expect(filled([whole]).lines.map(({ runs }) => runs.map(({ text }) => text).join(''))).toEqual(whole.split('\n').map(visibleText).slice(0, whole.endsWith('\n') || whole === '' ? -1 : undefined));
    }));
  });

  test('says from which line on it changed', () => {
    const buffer = new LogBuffer();
    expect(buffer.append('one\ntw')).toBe(0);
    expect(buffer.append('o\nthree\n')).toBe(1);
    expect(buffer.append('four')).toBe(3);
    expect(buffer.text()).toBe('one\ntwo\nthree\nfour');
  });

  test('keeps empty lines', () => {
    expect(filled(['a\n\n', '\nb']).text()).toBe('a\n\n\nb');
  });

  test('shows steps between lines, and leaves them out of what came', () => {
    const buffer = filled(['one\n']);
    buffer.note('Checking');
    buffer.append('tw');
    buffer.note('not in the middle of a line');
    buffer.append('o\n');
    expect(buffer.text()).toBe('one\n▸ Checking\ntwo');
    // A step has no number, so that a line has the same one for everybody.
    expect(buffer.lines.map(({ number }) => number)).toEqual([1, undefined, 2]);
    expect([buffer.count, buffer.indexOf(2), buffer.indexOf(3), buffer.text(2), buffer.text(1, 2)]).toEqual([2, 2, undefined, 'two', 'one\ntwo']);
  });

  test('knows when the piece came in which a line begins', () => {
    const buffer = new LogBuffer();
    buffer.append('one\ntw', 'first');
    buffer.append('o\nthree\n', 'second');
    buffer.append('four', 'third');
    expect(buffer.lines.map(({ at }) => at)).toEqual(['first', 'first', 'second', 'third']);
  });

  test('keeps no more than a browser carries, and says so', () => {
    const buffer = filled(Array.from({ length: 41 }, () => 'x\n'.repeat(10_000)));
    expect([buffer.count, buffer.isFull]).toEqual([400_000, true]);
    expect(buffer.append('more\n')).toBe(400_000);
  });

  test('cuts a line that does not end', () => {
    expect(filled(['x'.repeat(20_000)]).lines).toHaveLength(3);
    expect(filled([`${'x'.repeat(20_000)}\n`]).lines).toHaveLength(3);
    expect(filled([`${'x'.repeat(8191)}🍊y`]).text().split('\n').map((line) => line.slice(-2))).toEqual(['🍊', 'y']);
  });
});
