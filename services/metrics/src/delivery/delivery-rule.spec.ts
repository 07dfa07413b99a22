import { matchesAny, PING, uselessPatterns, WEBHOOK_EVENT_TYPES, type EventEnvelope } from '@citrus/contracts';
import type { Outcome } from '@citrus/kit-service';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signatureOf } from '../webhook/secret.ts';
import { longestWaitMs, MOST_TRIES, verdictOn } from './delivery-rule.ts';
import { bodyOf } from './outside-view.ts';

const answered = (status: number, retryAfterMs: number | null = null): Outcome => ({ kind: 'answered', status, text: '', retryAfterMs, durationMs: 1 });
const failed: Outcome = { kind: 'failed', code: 'timeout.answer', reason: 'No answer came within 15 seconds.', durationMs: 1 };
const rule = { type: 'JobFinished', tries: 0, firstMs: 10_000, chance: 0.5 };
const HOUR_MS = 3_600_000;

describe('after a try', () => {
  test.each([200, 201, 202, 204, 299])('%i is delivered', (status) => expect(verdictOn({ ...rule, outcome: answered(status) })).toEqual({ status: 'delivered' }));
  test.each([100, 199, 300, 301, 302, 304, 400, 401, 404, 429, 500, 503, 599])('%i is tried again, and said why', (status) => {
    expect(verdictOn({ ...rule, outcome: answered(status) })).toMatchObject({ status: 'waiting', afterMs: 5000, problem: expect.stringContaining(String(status)) });
  });
  test('a redirect is called one', () => expect(verdictOn({ ...rule, outcome: answered(302) })).toMatchObject({ problem: expect.stringMatching(/Redirects are not followed/) }));
  test('no answer is tried again', () => expect(verdictOn({ ...rule, outcome: failed })).toEqual({ status: 'waiting', afterMs: 5000, problem: 'No answer came within 15 seconds.' }));
  test('the last one is the last', () => {
    expect(verdictOn({ ...rule, tries: MOST_TRIES - 2, outcome: failed }).status).toBe('waiting');
    expect(verdictOn({ ...rule, tries: MOST_TRIES - 1, outcome: failed }).status).toBe('failed');
    expect(verdictOn({ ...rule, type: PING, outcome: failed }).status).toBe('failed');
  });
  test('a receiver that is gone for good is left alone', () => expect(verdictOn({ ...rule, outcome: answered(410) })).toMatchObject({ status: 'failed', pause: expect.any(String) }));
  test('a receiver is given the time that it asks for, within limits', () => {
    expect(verdictOn({ ...rule, outcome: answered(503, 60_000) })).toMatchObject({ afterMs: 60_000 });
    expect(verdictOn({ ...rule, outcome: answered(503, 10 * HOUR_MS) })).toMatchObject({ afterMs: HOUR_MS });
  });
  test('the waits are by chance, grow, and come to about a day', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: MOST_TRIES - 2 }), fc.double({ min: 0, max: 1, noNaN: true }), (tries, chance) => {
      const verdict = verdictOn({ ...rule, tries, chance, outcome: failed });
      expect(verdict.status === 'waiting' && verdict.afterMs >= 0 && verdict.afterMs <= longestWaitMs(tries, rule.firstMs)).toBe(true);
    }));
    const longest = Array.from({ length: MOST_TRIES - 1 }, (_, tries) => longestWaitMs(tries, rule.firstMs)).reduce((sum, wait) => sum + wait, 0);
    expect(longest / 2 / HOUR_MS).toBeGreaterThan(20);
    expect(longest / 2 / HOUR_MS).toBeLessThan(28);
  });
});

describe('event types', () => {
  test('are meant by name, by their beginning, or all of them', () => {
    expect(['*', 'Server*', 'ServerFailed', 'JobFinished', 'ServerFail'].map((pattern) => matchesAny([pattern], 'ServerFailed'))).toEqual([true, true, true, false, false]);
    expect(uselessPatterns(['*', 'Server*', 'JobFinished', 'Servers*', 'jobFinished', 'Nothing'])).toEqual(['Servers*', 'jobFinished', 'Nothing']);
    expect(WEBHOOK_EVENT_TYPES).toContain('WebhookPaused');
  });
});

test('an event goes out without who did it and without what is sealed', () => {
  const event: EventEnvelope = {
    id: '00000000-0000-4000-8000-000000000001', type: 'JobQueued', version: 1, stream: 'job-1', streamVersion: 1, position: 7, at: '2026-11-22T10:00:00.000Z', actor: { kind: 'user', id: 'ada' }, projectId: 'p', correlationId: 'c', causationId: 'x',
    data: { jobId: 'j', sealedInputs: 'anything', inputs: { port: 80, key: 'key.v2.0123.abc', list: ['box.v1.aa', 'b'] }, name: { sealed: 'key.v1.x' } },
  };
  expect(JSON.parse(bodyOf('agent-mgmt', event))).toEqual({
    id: event.id, type: 'JobQueued', version: 1, occurredAt: event.at, projectId: 'p', service: 'agent-mgmt', stream: 'job-1', streamVersion: 1, position: 7, data: { jobId: 'j', inputs: { port: 80, list: ['b'] }, name: {} },
  });
});

test('signatures are those of the convention: its own example', () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  expect(signatureOf({ id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1_614_265_330, body: '{"test": 2432232314}' }, [secret])).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  expect(signatureOf({ id: 'a', timestamp: 1, body: '{}' }, [secret, secret]).split(' ')).toHaveLength(2);
});
