import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { cronInWords } from './cron-words.ts';

test.each([
  ['0 3 * * mon-fri', 'At 03:00, Monday to Friday'],
  ['*/15 * * * *', 'Every 15 minutes'],
  ['* * * * *', 'Every minute'],
  ['0 * * * *', 'Every hour'],
  ['5,35 * * * *', 'At minute 5 and 35 of the hour, every day'],
  ['0 0,12 1 * *', 'At 00:00 and 12:00, on day 1 of the month'],
  ['0 0 13 * fri', 'At 00:00, on day 13 of the month or on Friday'],
  ['0 0 */2 * mon', 'At 00:00, on day 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29 and 31 of the month if it is Monday'],
  ['30 4 * 2,6-8 sat,sun', 'At 04:30, Saturday and Sunday, in February and June to August'],
  ['*/10 8-17 * * *', 'Every 10 minutes, in the hours 08:00 to 17:00'],
  ['0 */4 * * *', 'At 00:00, 04:00, 08:00, 12:00, 16:00 and 20:00, every day'],
  ['0 */2 * * *', 'On the hour, every 2 hours, every day'],
])('%s: %s', (cron, words) => expect(cronInWords(cron)).toBe(words));

test('what means the same reads the same', () => {
  const step = fc.constantFrom(2, 3, 4, 5, 6, 10, 12, 15, 20, 30);
  fc.assert(fc.property(step, (every) => {
    const written = Array.from({ length: 60 / every }, (_, index) => index * every).join(',');
    expect(cronInWords(`${written} * * * *`)).toBe(cronInWords(`*/${every} * * * *`));
  }));
});
