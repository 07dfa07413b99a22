import { describe, expect, test } from 'vitest';
import { growTo, parseHash, parseTyped, printHash } from './line-range.ts';

describe('lines in an address', () => {
  test('are read, printed, and read again', () => {
    for (const hash of ['#L1', '#L120', '#L120-L130']) expect(printHash(parseHash(hash))).toBe(hash);
    expect(parseHash('#L130-L120')).toEqual({ from: 120, to: 130 });
    expect(printHash({ from: 7, to: 7 })).toBe('#L7');
    expect(printHash(undefined)).toBe('');
  });

  test.each(['', '#', '#L', '#L0', '#L-1', '#L1-', '#L1-2', '#L99999999999', '#l1', '#L1<script>', '#settings'])('are none in %j', (hash) => expect(parseHash(hash)).toBeUndefined());

  test('are typed in short', () => {
    expect(parseTyped(' 120 ')).toEqual({ from: 120, to: 120 });
    expect(parseTyped('L9 - 4')).toEqual({ from: 4, to: 9 });
    for (const text of ['', 'x', '0', '1.5', '-3']) expect(parseTyped(text)).toBeUndefined();
  });

  test('grow in both directions from where they began', () => {
    expect(growTo(undefined, 5)).toEqual({ from: 5, to: 5 });
    expect(growTo({ from: 5, to: 5 }, 9)).toEqual({ from: 5, to: 9 });
    expect(growTo({ from: 5, to: 9 }, 2)).toEqual({ from: 2, to: 5 });
  });
});
