import { describe, expect, test } from 'vitest';
import { matcherOf, wordsOf } from './pattern.ts';

describe('what grep looks for', () => {
  test('is a text as it is', () => {
    expect(matcherOf('a.c', false)('xa.cx')).toBe(true);
    expect(matcherOf('a.c', false)('abc')).toBe(false);
    expect(matcherOf('Disk', true)('no disk')).toBe(true);
  });

  test('or, between slashes, an expression, which looks at every text from its start', () => {
    const isFound = matcherOf('/time(d|s) out/gi', false);
    expect(['it TIMED out', 'times out', 'times out', 'timeout'].map(isFound)).toEqual([true, true, true, false]);
    expect(matcherOf('/X/i', true)('x')).toBe(true);
  });

  test.each(['', '/(/', '/a/q'])('is not %j', (text) => {
    expect(() => matcherOf(text, false)).toThrow(expect.objectContaining({ exit: 2 }));
  });

  test('searches names and values of a payload', () => {
    expect(wordsOf({ spec: { name: 'web-1', tags: ['a', 'b'] }, attempt: 2, note: null })).toBe('spec=name=web-1\ntags=a\nb\nattempt=2\nnote=null');
  });
});
