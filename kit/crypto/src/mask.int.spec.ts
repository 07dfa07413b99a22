/** What real programs make of a secret. */
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { createMasking, MASK } from './mask.ts';

const SECRETS = [`it's "a" $ecret & (more)`, String.raw`back\slash #hash ~tilde`, '#begins with a hash', 'plain-0123456789', 'ключ від дому', 'two\nlines and\nthree', 'tab\tbell\u{7}', `!h*[a]{b}^c|d;e<f>g,h=i`, 'a long enough secret to make every encoder break its lines, because seventy-six characters are too few'];
const SCRIPTS: Record<string, readonly [program: string, script: string]> = {
  'bash set -x': ['bash', 'set -x; : "$VALUE"; X=$VALUE; [[ $VALUE == x ]] || true; Y="-p$VALUE"; [ "$VALUE" = x ]'],
  'bash %q and @Q': ['bash', `printf '%q\\n' "$VALUE"; echo "\${VALUE@Q}"; declare -p VALUE; export -p | grep -A9 VALUE`],
  'bash errors': ['bash', '"$VALUE"; cd "$VALUE"; exit 0'],
  'bash without quotes': ['bash', 'set -f; echo $VALUE'],
  'sh set -x': ['sh', 'set -x; : "$VALUE"; X=$VALUE'],
  'sh set': ['sh', 'set | grep -A3 VALUE'],
  'base64, od and fold': ['bash', 'echo "user:$VALUE" | base64; printf %s "$VALUE" | base64 -w0; echo; printf %s "$VALUE" | od -An -v -tx1 -w4096; echo "xx:$VALUE" | base64 -w 64'],
  'upper and lower case': ['bash', 'echo "${VALUE^^}"; echo "${VALUE,,}"; echo "$VALUE" | tr a-z A-Z'],
  node: [process.execPath, 'const s = process.env.VALUE; console.log([s], JSON.stringify({ s }), encodeURIComponent(s), new URLSearchParams({ s }).toString(), Buffer.from(s).toString("base64url"), new Error(s).stack)'],
};
/** Pieces of a secret that no context of the scripts holds. */
const tellTale = (secret: string): string[] => [...secret.split(/[^\p{L}\p{N}-]+/u).filter((word) => word.length > 4), Buffer.from(secret).toString('base64').slice(0, 8), Buffer.from(secret).toString('hex').slice(0, 10)];

const run = ([program, script]: readonly [string, string], secret: string): string =>
  execFileSync('/bin/sh', ['-c', '"$0" "$@" 2>&1 || true', program, program === process.execPath ? '-e' : '-c', script], { input: '', env: { VALUE: secret, PATH: process.env['PATH'] ?? '' }, encoding: 'utf8' });

describe('what programs print of a secret', () => {
  test.for(Object.entries(SCRIPTS))('%s', ([, script]) => {
    for (const secret of SECRETS) {
      const output = run(script, secret);
      const masked = createMasking([secret]).mask(output);
      expect(masked, output).toContain(MASK);
      for (const piece of tellTale(secret)) expect(masked.toLowerCase(), output).not.toContain(piece.toLowerCase());
    }
  });
});
