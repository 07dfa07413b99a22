/** What the documentation tells receivers to do, done. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { newSecret, signatureOf } from './secret.ts';

const page = readFileSync(new URL('../../../../docs/how-to/webhooks.md', import.meta.url), 'utf8');
const block = (language: string): string => new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(page)?.[1] ?? '';

const [secret, other, body, id, timestamp] = [newSecret(), newSecret(), '{"type":"ping","data":{"description":"ä"}}', '01a2012c-0000-7000-8000-000000000001', 1_795_318_800];
const headers = (secrets: readonly string[]) => ({ 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signatureOf({ id, timestamp, body }, secrets) });
/** What is asked, and the right answer. */
const ASKED: [Record<string, string>, string, string, number, boolean][] = [
  [headers([secret]), body, secret, timestamp, true],
  [headers([other, secret]), body, secret, timestamp + 60, true],
  [headers([other]), body, secret, timestamp, false],
  [headers([secret]), `${body} `, secret, timestamp, false],
  [headers([secret]), body, secret, timestamp + 3600, false],
];

describe('the examples of the documentation', () => {
  test('in JavaScript tell ours from others', async () => {
    const { isFromCitrus } = (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(block('js'))}`)) as { isFromCitrus: (...asked: unknown[]) => boolean };
    expect(ASKED.map(([given, text, key, now]) => isFromCitrus(given, text, key, now))).toEqual(ASKED.map(([, , , , right]) => right));
  });

  test('in Python too, where there is one', () => {
    const program = `import json, sys\n${block('python')}\nprint(json.dumps([is_from_citrus(*asked[:4]) for asked in json.load(sys.stdin)]))`;
    const ran = spawnSync('python3', ['-c', program], { input: JSON.stringify(ASKED), encoding: 'utf8', timeout: 30_000 });
    if (ran.error && 'code' in ran.error && ran.error.code === 'ENOENT') return expect(block('python')).toContain('compare_digest');
    expect(JSON.parse(ran.stdout || `"${ran.stderr}"`)).toEqual(ASKED.map(([, , , , right]) => right));
  });
});
