import { expect, test } from 'vitest';
import { passesByItself, patienceWith, waitingFor } from './passing-refusal.ts';

const at = (hours: number) => new Date(Date.parse('2026-11-27T00:00:00.000Z') + hours * 3_600_000).toISOString();
const notReady = { code: 'server.not_ready', reason: 'No agent. Try again.' };

test.each([['server.not_ready', 24], ['installer.unknown', 1], ['server.unknown', 1 / 6]])('%s is waited for %d hours, told once', (code, hours) => {
  const refused = { code, reason: 'It is so.' };
  const first = patienceWith(refused, { before: undefined, at: at(0) });
  expect(first).toMatchObject({ verdict: 'held', isNews: true, hold: { code, since: at(0), until: at(hours) } });
  if (first.verdict !== 'held') return;
  expect(patienceWith(refused, { before: first.hold, at: at(hours - 0.01) })).toMatchObject({ verdict: 'held', isNews: false });
  expect(patienceWith(refused, { before: first.hold, at: at(hours) })).toMatchObject({ verdict: 'refused', reason: expect.stringMatching(/^It is so\. This was waited for (24 hours|an hour|10 minutes)\.$/) });
});
test('since when it waits stays when it waits for something else', () => {
  const unknown = patienceWith({ code: 'server.unknown', reason: '' }, { before: undefined, at: at(0) });
  expect(patienceWith(notReady, { before: unknown.verdict === 'held' ? unknown.hold : undefined, at: at(0.1) })).toMatchObject({ verdict: 'held', isNews: true, hold: { since: at(0), until: at(24) } });
});
test.each(['server.deleted', 'installer.changed', 'inputs.invalid', 'constructor', '__proto__'])('%s does not pass', (code) => {
  expect(passesByItself({ code })).toBe(false);
  expect(patienceWith({ code, reason: 'No.' }, { before: undefined, at: at(0) })).toEqual({ verdict: 'refused', reason: 'No.' });
});
test('what waits is not told to try again', () => {
  expect(waitingFor(notReady)).toBe('Waiting for the server to be active: its agent has not reported in yet.');
});
