import type { Refusal } from '@citrus/kit-domain';
import { describe, expect, test } from 'vitest';
import { checkNewPassword, passwordProblem } from './new-password.ts';

const ADA = { email: 'ada.lovelace@example.org', name: 'Ada Lovelace' };

describe('a new password', () => {
  test.each(['analytical engine', 'correct horse battery', 'пароль из слов', '🐙🐙 octopus garden', `${'x'.repeat(3)}tallships and stars`, 'Password reset needs 4 owls'])('may be %s', (password) =>
    expect(passwordProblem(password, ADA)).toBeUndefined());
  test.each([
    ['short', /12 characters/], [ADA.email, /e-mail/], ['Ada.Lovelace@Example.org', /e-mail/], ['ada.lovelace2026', /anybody tries/], ['LovelaceAda12', /anybody tries/],
    ['Password1234', /anybody tries/], ['passwordpassword', /anybody tries/], ['aaaaaaaaaaaaaa', /anybody tries/], ['1212121212121', /anybody tries/],
    ['123456789012', /anybody tries/], ['qwertyuiop123!', /anybody tries/], ['administrator', /anybody tries/], ['abcabcabcabcabc', /anybody tries/], ['michaeljordan23', /anybody tries/], ['citruscitrus1', /anybody tries/],
  ])('may not be %s', (password, why) => expect(passwordProblem(password, ADA)).toMatch(why));
  test('of an account without an address is judged alike', () => expect(passwordProblem('password1234', { email: null })).toMatch(/anybody tries/));
  test('is refused with the field that it came in', () => expect(() => checkNewPassword('x', ADA, 'newPassword')).toThrow(expect.objectContaining({ fields: [expect.objectContaining({ path: 'newPassword' })] }) as Refusal));
});
