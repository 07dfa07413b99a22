import { describe, expect, test } from 'vitest';
import { JobId, nameText, ProjectId, ServerId } from './ids.ts';

const isName = (text: string): boolean => nameText(20).safeParse(text).success;

describe('a name', () => {
  test.each(['Ada Lovelace', 'Ключ від дому', 'دار', '<b>&"\'', '😀', 'a\u200fb'])('may be %j', (text) => expect(isName(text)).toBe(true));
  test.each(['a\0b', 'two\nlines', '\u001b[2J', '\u009b2J', '\u007f', '\u202egro.live', '\u2066x', 'x'.repeat(21)])('is not %j', (text) => expect(isName(text)).toBe(false));
});

test.each([ServerId, JobId, ProjectId])('an id is the same in capitals', (Id) => {
  expect(Id.parse('B537B6E9-DE58-80FD-B9C2-0574AE5A0149')).toBe('b537b6e9-de58-80fd-b9c2-0574ae5a0149');
  expect(Id.safeParse('B537B6E9').success).toBe(false);
});
