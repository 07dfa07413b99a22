import { specFor } from '@citrus/kit-testing';
import { describe, test } from 'vitest';
import { sessionDecider, type SessionCommand } from './session.decider.ts';
import type { SessionEvent } from './session.events.ts';

const { given } = specFor(sessionDecider, { again: { StartSession: 'refuses session.started', RefreshSession: ['gives nothing', 'gives SessionClosed', 'refuses session.closed'] } });
const sessionId = '0198c0de-0000-7000-8000-000000000001';
const data = { sessionId, userId: '0198c0de-0000-7000-8000-000000000002', address: { sealed: 'key.v1.1' }, tokenHash: 'hash-1', expiresAt: '2026-12-21T00:00:00.000Z' };
const started: SessionEvent = { type: 'SessionStarted', data };
const refreshed: SessionEvent = { type: 'SessionRefreshed', data: { sessionId, address: { sealed: 'key.v1.2' }, tokenHash: 'hash-2', at: '2026-11-21T10:00:00.000Z' } };
const reused: SessionEvent = { type: 'SessionClosed', data: { sessionId, reason: 'token-reused' } };
const signedOut: SessionEvent = { type: 'SessionClosed', data: { sessionId, reason: 'signed-out' } };
const erased: SessionEvent = { type: 'SessionClosed', data: { sessionId, reason: 'erased' } };
const refresh = (tokenHash: string, at = '2026-11-21T10:00:00.000Z'): SessionCommand => ({ type: 'RefreshSession', data: { tokenHash, newTokenHash: 'hash-2', address: { sealed: 'key.v1.2' } }, at });
const close = (tokenHash: string): SessionCommand => ({ type: 'CloseSession', data: { tokenHash } });

describe('a session', () => {
  test('starts', () => given().when({ type: 'StartSession', data }).then(started));
  test('starts once', () => given(started).when({ type: 'StartSession', data }).refuses('session.started'));
  test('is refreshed with its token', () => given(started).when(refresh('hash-1')).then(refreshed));
  test('is not refreshed with a token it never had, and lives on', () => given(started).when(refresh('made-up')).refuses('session.unknown_token'));
  const usedAt = (at: string): SessionEvent => ({ type: 'SessionRefreshed', data: { ...refreshed.data, at } });
  test('is not refreshed after its end', () => given(started, usedAt('2026-12-20T23:00:00.000Z')).when(refresh('hash-2', '2026-12-21T00:00:00.000Z')).refuses('session.expired'));
  test('is not refreshed after a week without use', () => {
    given(started).when(refresh('hash-1', '2026-11-28T00:00:00.000Z')).refuses('session.expired');
    given(started, refreshed).when(refresh('hash-2', '2026-11-28T10:00:00.000Z')).refuses('session.expired');
    const again = { ...refreshed.data, tokenHash: 'hash-3', at: '2026-11-28T09:59:59.999Z' };
    given(started, refreshed).when({ type: 'RefreshSession', data: { tokenHash: 'hash-2', newTokenHash: 'hash-3', address: again.address }, at: again.at }).then({ type: 'SessionRefreshed', data: again });
  });
  test('ends when a used token comes again', () => given(started, refreshed).when(refresh('hash-1', '2026-11-21T10:00:10.000Z')).then(reused));
  test('gives the same answer again for a moment, for two tabs at once', () => given(started, refreshed).when(refresh('hash-1', '2026-11-21T10:00:09.999Z')).then());
  test('ends at once when the answer was used already', () => {
    const again: SessionEvent = { type: 'SessionRefreshed', data: { ...refreshed.data, tokenHash: 'hash-3', at: '2026-11-21T10:00:01.000Z' } };
    given(started, refreshed, again).when(refresh('hash-1', '2026-11-21T10:00:02.000Z')).then(reused);
  });
  test('ends when a used token comes again after a refresh whose time nobody wrote down', () => {
    const { at: _unknown, ...data } = refreshed.data;
    given(started, { type: 'SessionRefreshed', data }).when(refresh('hash-1')).then(reused);
  });
  test('that ended stays ended, also for the newest token', () => given(started, refreshed, reused).when(refresh('hash-2')).refuses('session.closed'));
  test('that was never started is not refreshed', () => given().when(refresh('hash-1')).refuses('session.unknown'));
  test('ends by signing out', () => given(started).when(close('hash-1')).then(signedOut));
  test('ends by signing out with a token used before', () => given(started, refreshed).when(close('hash-1')).then(signedOut));
  test('does not end for a stranger', () => given(started).when(close('made-up')).then());
  test('ends when its holder is forgotten, once', () => {
    given(started).when({ type: 'EndSession', data: { reason: 'erased' } }).then(erased);
    given(started, erased).when({ type: 'EndSession', data: { reason: 'erased' } }).then();
    given(started, refreshed, erased).when(refresh('hash-2')).refuses('session.closed');
  });
  test('ends once', () => given(started, signedOut).when(close('hash-1')).then());
});
