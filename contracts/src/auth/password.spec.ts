import { describe, expect, test } from 'vitest';
import { passwordProblem } from './password.ts';

const EMAIL = 'ada.lovelace@example.org';

describe('a new password', () => {
  test.each(['analytical engine', 'correct horse battery', 'пароль из слов', '🐙🐙 octopus garden', 'x'.repeat(3) + 'tallships and stars', 'Password reset needs 4 owls'])('may be %s', (password) =>
    expect(passwordProblem(password, EMAIL)).toBeUndefined());
  test.each([
    ['short', /12 characters/], ['x1 '.repeat(400), /1024/], [EMAIL, /e-mail/], ['Ada.Lovelace@Example.org', /e-mail/], ['ada.lovelace2026', /e-mail/],
    ['Password1234', /anybody tries/], ['passwordpassword', /anybody tries/], ['PASSWORD PASSWORD', /anybody tries/], ['aaaaaaaaaaaaaa', /anybody tries/], ['1212121212121', /anybody tries/],
    ['123456789012', /anybody tries/], ['qwertyuiop123!', /anybody tries/], ['administrator', /anybody tries/], ['abcabcabcabcabc', /anybody tries/],
  ])('may not be %s', (password, why) => expect(passwordProblem(password, EMAIL)).toMatch(why));
});
