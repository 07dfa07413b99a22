/** What a new password must be. One rule for every way to set one; the panel says it before it is sent. */
import { z } from 'zod';

export const PASSWORD_LENGTH = { fewest: 12, most: 1024 } as const;

/** Long enough and yet the first that anybody tries. Compared without case, and without digits and signs at the end. */
const WORST = new Set([
  'administrator', 'adminadminadmin', 'changemechangeme', 'changemeplease', 'correcthorsebatterystaple', 'iloveyouiloveyou', 'letmeinletmein', 'passwordpassword', 'password', 'qwertyuiop',
  'qwertyuiopasdf', 'qwertyqwerty', 'qwertyuiopasdfghjkl', 'welcomewelcome', 'welcome', 'admin', 'letmein', 'iloveyou', 'changeme', 'citruscitrus', 'citrus', 'abcdefghijkl', 'abcdefghijklm',
  'asdfghjklasdfghjkl', 'asdfghjkl', 'zxcvbnmzxcvbnm', 'trustno', 'sunshinesunshine', 'princessprincess', 'footballfootball', 'secretsecret', 'topsecret', 'supersecret', 'testtesttest',
]);

const plain = (text: string): string => text.toLowerCase().replaceAll(/\s/g, '');
/** `121212121212`, `aaaaaaaaaaaa`: a few characters over and over. */
const isRepetition = (text: string): boolean => /^(.{1,3})\1+.{0,2}$/su.test(text);
const isCountedUp = (text: string): boolean => '01234567890123456789012345678901234567890'.includes(text) || '98765432109876543210987654321098765432109'.includes(text);

/** What is wrong with a new password, for people; undefined when nothing is. `email`: whose it is to be. */
export const passwordProblem = (password: string, email: string): string | undefined => {
  const [text, address] = [plain(password), plain(email)];
  const bare = text.replace(/[^\p{L}]+$/u, '');
  if (password.length < PASSWORD_LENGTH.fewest) return `must have at least ${PASSWORD_LENGTH.fewest} characters; a few words that you can remember will do`;
  if (password.length > PASSWORD_LENGTH.most) return `must have at most ${PASSWORD_LENGTH.most} characters`;
  if (text === address || bare === address.split('@')[0]) return 'must not be your e-mail address';
  if (WORST.has(text) || WORST.has(bare) || isRepetition(text) || isCountedUp(text)) return 'is among the first that anybody tries; take a few words that do not belong together';
  return undefined;
};

/** Only as much as no password may be; the rest is `passwordProblem`, which knows whose it is. */
export const NewPassword = z.string().min(1).max(PASSWORD_LENGTH.most);
