import { describe, expect, test } from 'vitest';
import { lineOf, startProgress } from './progress.ts';
import { tableOf } from './table.ts';
import { printable, printableLines } from './terminal.ts';

const plain = { columns: undefined, style: (_: unknown, text: string) => text };

describe('text of others', () => {
  test('cannot steer the terminal', () => {
    expect(printable('a\u001b[2Jb\nc\u202ed\u009be')).toBe('a\\u001b[2Jb\\u000ac\\u202ed\\u009be');
    expect(printableLines('a\n\u001b[2J\rb')).toBe('a\n\\u001b[2J\\u000db');
    expect(printable('Grüße, 世界 🍊')).toBe('Grüße, 世界 🍊');
  });
});

describe('a table', () => {
  test('shows names of columns that a query brought as safely as its rows', () => {
    expect(tableOf(['\u001b[31mA'], [['\u001b[2J']], plain)).toBe('\\u001b[31mA\n\\u001b[2J');
  });

  test('has columns as wide as they need', () => {
    expect(tableOf(['NAME', 'STATUS'], [['web-1', 'active'], ['a', 'failed']], plain)).toBe('NAME   STATUS\nweb-1  active\na      failed');
  });

  test('of nothing is its head', () => {
    expect(tableOf(['NAME'], [], plain)).toBe('NAME');
  });

  test('is cut in a terminal, never in a pipe', () => {
    const long = 'x'.repeat(50);
    expect(tableOf(['A', 'B'], [['1', long]], plain)).toContain(long);
    expect(tableOf(['A', 'B'], [['1', long]], { ...plain, columns: 20 }).split('\n')[1]).toBe(`1  ${'x'.repeat(16)}…`);
  });
});

describe('progress', () => {
  test('is a bar where the whole is known, else a count', () => {
    expect(lineOf('exporting', 500, 1000)).toBe('exporting  [############------------] 50 %  500 of 1,000');
    expect(lineOf('searching', 1234, undefined, '2 found')).toBe('searching  1,234  2 found');
    expect(lineOf('x', 5, 0)).toBe('x  5');
    expect(lineOf('x', 9, 3)).toContain('100 %');
  });

  const record = (isTTY: boolean, times: readonly number[]) => {
    let [text, now] = ['', 0];
    const progress = startProgress('work', { isTTY, write: (piece) => (text += piece), now: () => now });
    times.forEach((time, index) => {
      now = time;
      progress.at(index + 1, 10);
    });
    progress.end();
    return text;
  };

  test('says nothing of work that is over at once', () => {
    expect(record(true, [10, 20])).toBe('');
    expect(record(false, [10, 4000])).toBe('');
  });

  test('draws over itself in a terminal and leaves nothing; in a log it is a line now and then', () => {
    expect(record(true, [100, 110, 200]).replaceAll('\r\u001b[2K', '|')).toMatch(/^\|work [^|]*10 %[^|]*\|work [^|]*30 %[^|]*\|$/);
    expect(record(false, [6000, 7000, 12_000])).toMatch(/^work .*1 of 10\nwork .*3 of 10\n$/);
  });
});
