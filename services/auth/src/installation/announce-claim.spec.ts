import { describe, expect, test } from 'vitest';
import { announceClaim } from './announce-claim.ts';

const tokens = { current: () => 'the-token', isOurs: () => true };
const told = async (isOpen: boolean, publicUrl?: string) => {
  const [lines, logged]: [string[], unknown[]] = [[], []];
  const note = (...entry: unknown[]) => logged.push(entry);
  await announceClaim({ claim: { isOpen: () => Promise.resolve(isOpen) }, tokens, publicUrl, logger: { debug: note, info: note, warn: note, error: note }, write: (line) => lines.push(line) });
  return { lines, logged: JSON.stringify(logged) };
};

describe('the link to claim the installation', () => {
  test('is told in one line on the console, and not in the log', async () => {
    const { lines, logged } = await told(true, 'https://citrus.example.org/');
    expect(lines).toEqual(['Citrus has no owner yet. Open https://citrus.example.org/claim#the-token to become it. The link is good until somebody has.\n']);
    expect(logged).toContain('installation.unclaimed');
    expect(logged).not.toContain('the-token');
  });
  test('is of use without the public address, too', async () => expect((await told(true)).lines[0]).toContain('<the address of Citrus>/claim#the-token'));
  test('is not told once somebody is there', async () => expect(await told(false)).toEqual({ lines: [], logged: '[]' }));
});
