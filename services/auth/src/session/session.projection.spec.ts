import { projectionSpec, type ToldEvent } from '@citrus/kit-testing';
import { describe, test } from 'vitest';
import type { SessionEvent } from './session.events.ts';
import { sessionsProjection } from './session.projection.ts';

const { given } = projectionSpec(sessionsProjection);
const sessionId = '0198c0de-0000-7000-8000-000000000001';
const userId = '0198c0de-0000-7000-8000-000000000002';
const told = (type: SessionEvent['type'], data: object): ToldEvent => ({ type, data: { sessionId, ...data } });
const started = (address: object) => told('SessionStarted', { userId, address, tokenHash: 'hash-1', expiresAt: '2026-12-01T00:00:00.000Z' });
const row = { session_id: sessionId, user_id: userId, started_at: '2026-11-21T10:00:01.000Z', expires_at: '2026-12-01T00:00:00.000Z' };

describe('the row of a session', () => {
  test('begins with signing in, its address sealed', () =>
    given(started({ sealed: 'a' })).then({ ...row, sealed_address: 'a', refreshed_at: '2026-11-21T10:00:01.000Z', closed_at: null, close_reason: null }));
  test('has no address that was written in clear', () => given(started({ clear: '127.0.0.1' })).shows({ sealed_address: null }));
  test('has the address of the last refresh', () => given(started({ sealed: 'a' }), told('SessionRefreshed', { address: { sealed: 'b' }, tokenHash: 'hash-2' })).shows({ sealed_address: 'b', refreshed_at: '2026-11-21T10:00:02.000Z' }));
  test('tells how it was closed', () => given(started({ sealed: 'a' }), told('SessionClosed', { reason: 'signed-out' })).shows({ closed_at: '2026-11-21T10:00:02.000Z', close_reason: 'signed-out' }));
});
