import type { ActionId } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';
import { policy as lifePolicy } from '../testing/simulated-life.ts';
import type { RunningAction } from './action.state.ts';
import { nextActionStep } from './next-action-step.ts';

const policy = { ...lifePolicy, longestActionMs: 7_200_000 };
const since = '2026-11-23T09:00:00.000Z';
const after = (ms: number) => Date.parse(since) + ms;
const running = (part: Partial<RunningAction> = {}): RunningAction =>
  ({ actionId: '01980000-0000-7000-8000-0000000000a1' as ActionId, action: { type: 'shutdown' }, requestedAt: since, tries: 0, known: [], isDoubtful: false, pending: null, ...part });
const step = (part: Partial<RunningAction>, ms: number) => nextActionStep(running(part), after(ms), policy);
const pending = { tryNumber: 1, intendedAt: since };
const MINUTE = 60_000;

describe('the next thing to do about an action', () => {
  test.each([
    ['is to call the cloud', {}, 0, { do: 'act' }],
    ['is to wait as long as the cloud said', { postponed: { reason: 'Busy.', retryAt: '2026-11-23T09:00:10.000Z' } }, 9_999, { do: 'rest', until: after(10_000) }],
    ['is to call again then', { postponed: { reason: 'Busy.', retryAt: '2026-11-23T09:00:10.000Z' } }, 10_000, { do: 'act' }],
    ['is to give up what could not be begun, with the reason', { postponed: { reason: 'Another action is in progress.', retryAt: since } }, 3 * MINUTE, { do: 'end-act', failure: { code: 'action.not_begun', reason: 'The cloud has not begun it within 3 minutes: Another action is in progress. Try again later.' } }],
    ['is to look up a call without an answer, and never to call again', { tries: 1, pending }, 20_000, { do: 'look-up-act', pending }],
    ['is to look it up even after the deadline, until the cloud has had its time', { tries: 1, pending: { ...pending, intendedAt: '2026-11-23T09:02:59.000Z' } }, 3 * MINUTE, { do: 'look-up-act' }],
    ['is to say so when the cloud stays silent', { tries: 1, pending }, 10 * MINUTE, { do: 'end-act', failure: { code: 'cloud.silent' }, lastLook: { do: 'look-up-act' } }],
    ['is to watch what was begun', { tries: 1, started: { at: since, opRef: '9' } }, MINUTE, { do: 'watch-act' }],
    ['is to say that a system ignores its shutdown, and what to do instead', { tries: 1, started: { at: since, opRef: '9' } }, 3 * MINUTE, { do: 'end-act', failure: { code: 'shutdown.ignored', reason: expect.stringContaining('Power it off instead') }, lastLook: { do: 'watch-act' } }],
    ['has more time where disks are copied', { action: { type: 'snapshot', name: 'nightly' } as const, tries: 1, started: { at: since } }, 119 * MINUTE, { do: 'watch-act' }],
    ['ends at last there, too', { action: { type: 'snapshot', name: 'nightly' } as const, tries: 1, started: { at: since } }, 120 * MINUTE, { do: 'end-act', failure: { code: 'action.slow' } }],
  ] as const)('%s', (_, part, ms, expected) => expect(step(part as Partial<RunningAction>, ms)).toMatchObject(expected));
});
