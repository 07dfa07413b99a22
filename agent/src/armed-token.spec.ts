import { describe, expect, test } from 'vitest';
import { tokenIn } from './armed-token.ts';

const TOKEN = `0198c2a0-0000-7000-8000-000000000002.${'A'.repeat(43)}`;
const script = (token: string, first = '# Written by Citrus. The token below opens one enrolment, once, until 2026.') => `#!/bin/sh\n${first}\nset -eu\nprintf '%s\\n' '${token}' >"$CITRUS_ENROLMENT_TOKEN_FILE"\n`;

describe('the token in user data', () => {
  test('is found where we wrote it', () => expect(tokenIn(script(TOKEN))).toBe(TOKEN));
  test('is not looked for in what others wrote', () => expect(tokenIn(script(TOKEN, '# cloud-config'))).toBeUndefined());
  test('is one word of a token, and nothing else', () => {
    for (const wrong of ['', 'short', "a'; reboot; '", '$(reboot)-and-then-some-more', 'a'.repeat(300)]) expect(tokenIn(script(wrong))).toBeUndefined();
  });
});
