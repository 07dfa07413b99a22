import { describe, expect, test } from 'vitest';
import { packJson, unpackJson } from './pack.ts';

describe('a packed text', () => {
  test.each(['{}', JSON.stringify({ a: 'x'.repeat(200_000) }), JSON.stringify({ a: '\u0001'.repeat(65_536), b: '語' })])('comes out as it went in', (json) => {
    expect(unpackJson(packJson(json))).toBe(json);
  });
  test('is small where it was large, and as it was where it was small', () => {
    expect(packJson('{"a":1}')).toBe('{"a":1}');
    expect(packJson(JSON.stringify('\u0001\u0002'.repeat(32_768))).length).toBeLessThan(20_000);
  });
  test('that is none, or a bomb, is refused', () => {
    expect(() => unpackJson('deflate:AAAA')).toThrow();
    expect(() => unpackJson(packJson(JSON.stringify('x'.repeat(9_000_000))))).toThrow();
  });
});
