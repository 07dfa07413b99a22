import { describe, expect, test } from 'vitest';
import { nameText } from './ids.ts';

const isName = (text: string): boolean => nameText(20).safeParse(text).success;

describe('a name', () => {
  test.each(['Ada Lovelace', 'Ключ від дому', 'دار', '<b>&"\'', '😀', 'a\u200fb'])('may be %j', (text) => expect(isName(text)).toBe(true));
  test.each(['a\0b', 'two\nlines', '\u001b[2J', '\u009b2J', '\u007f', '\u202egro.live', '\u2066x', 'x'.repeat(21)])('is not %j', (text) => expect(isName(text)).toBe(false));
});
