import { projectionSpec, type ToldEvent } from '@citrus/kit-testing';
import { describe, test } from 'vitest';
import { agentTrustProjection } from './agent-trust.projection.ts';
import type { EnrolmentEvent } from './enrolment.events.ts';

const { given } = projectionSpec(agentTrustProjection);
const attempt = { serverId: '0198c0de-0000-7000-8000-000000000001', projectId: '0198c0de-0000-7000-8000-000000000002', agentId: 'agent-0001', attempt: 1 };
const told = (type: EnrolmentEvent['type'], data: object): ToldEvent => ({ type, data: { ...attempt, ...data } });
const issued = told('EnrolmentIssued', { tokenHash: 'hash', expiresAt: '2026-11-21T11:00:00.000Z' });
const enrolled = told('AgentEnrolled', { keys: { nkey: 'U1', boxKey: 'b1' } });
const revoked = told('AgentRevoked', { nkey: 'U1', reason: 'stolen', at: '2026-11-21T10:30:00.000Z' });

describe('the trust in an agent', () => {
  test('begins with an invitation', () => given(issued).shows({ status: 'invited', enrolled_at: null }));
  test('is given with its keys, and taken back with a reason', () => {
    given(issued, enrolled).shows({ status: 'enrolled', enrolled_at: '2026-11-21T10:00:02.000Z' });
    given(issued, enrolled, revoked).shows({ status: 'revoked', revoked_at: '2026-11-21T10:00:03.000Z', revoke_reason: 'stolen' });
  });
  test('shows what looked wrong', () => {
    given(issued, enrolled, told('EnrolmentRefused', { nkey: 'U2', address: '10.0.0.1' })).shows({ status: 'enrolled', refused_at: '2026-11-21T10:00:03.000Z' });
    given(issued, enrolled, told('AgentCloneSuspected', { nkey: 'U1', at: '2026-11-21T10:30:00.000Z', sessions: [] })).shows({ clone_suspected_at: '2026-11-21T10:00:03.000Z' });
  });
  test('begins anew with the next attempt', () => given(issued, enrolled, revoked, issued).shows({ status: 'invited', revoked_at: null, revoke_reason: null }));
  test('of an invitation that was withdrawn', () => given(issued, told('EnrolmentWithdrawn', { reason: 'gone', at: '2026-11-21T10:30:00.000Z' })).shows({ status: 'withdrawn', revoke_reason: 'gone' }));
});
