/**
 * `citrus-measure`: are all agents of a running system there, and how fast do they answer? It asserts the expected count
 * before it times anything, and names who did not answer.
 *
 *   node bench/dist/fleet/measure.js --hub http://127.0.0.1:8080 --credentials credentials.json --expect 1000 [--rounds 5]
 *
 * The file holds `{"email": …, "password": …}` of an operator of the project, as `$CITRUS_HOME/credentials.json` does.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { signIn } from './person.ts';
import { assertAllAnswer, pingOnce } from './ping.ts';

const Options = z.object({
  hub: z.url({ error: 'where the hub answers, http://127.0.0.1:…' }),
  credentials: z.string({ error: 'the file with email and password' }),
  expect: z.coerce.number().int().min(1, { error: 'how many agents there must be' }),
  rounds: z.coerce.number().int().min(1).max(1000).default(5),
});

const text = { type: 'string' } as const;
const parsed = Options.safeParse(parseArgs({ options: { hub: text, credentials: text, expect: text, rounds: text } }).values);
if (!parsed.success) {
  process.stderr.write(`citrus-measure: ${z.prettifyError(parsed.error)}\n`);
  process.exit(2);
}
const { hub, credentials, expect, rounds } = parsed.data;
const { email, password } = z.object({ email: z.string(), password: z.string() }).parse(JSON.parse(readFileSync(credentials, 'utf8')));
try {
  const person = await signIn({ url: hub, email, password });
  await assertAllAnswer(person, expect);
  for (let round = 1; round <= rounds; round += 1) {
    const { asked, answered, tookMs, answeredWithin, unanswered } = await pingOnce(person);
    const within = answeredWithin ?? { p50Ms: NaN, p95Ms: NaN, p99Ms: NaN };
    process.stdout.write(`${JSON.stringify({ round, asked, answered, tookMs, ...within, perSecond: Math.round((answered * 1000) / tookMs), unanswered })}\n`);
  }
} catch (error) {
  process.stderr.write(`citrus-measure: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
