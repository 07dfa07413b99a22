import { projectionSpec, type ToldEvent } from '@citrus/kit-testing';
import { describe, test } from 'vitest';
import type { EnrolmentEvent } from './enrolment.events.ts';
import { enrolmentsProjection } from './enrolment.projection.ts';

const { given } = projectionSpec(enrolmentsProjection);
const attempt = { serverId: '0198c0de-0000-7000-8000-000000000001', projectId: '0198c0de-0000-7000-8000-000000000002', agentId: 'agent-0001', attempt: 1 };
const told = (type: EnrolmentEvent['type'], data: object): ToldEvent => ({ type, data: { ...attempt, ...data } });
const issued = (n = 1) => told('EnrolmentIssued', { attempt: n, tokenHash: `hash-${n}`, expiresAt: '2026-11-21T11:00:00.000Z' });
const enrolled = told('AgentEnrolled', { keys: { nkey: 'U1', boxKey: 'b1' } });
const refused = told('EnrolmentRefused', { nkey: 'U2', address: '10.0.0.1' });
const row = { server_id: attempt.serverId, project_id: attempt.projectId, agent_id: 'agent-0001', expires_at: '2026-11-21T11:00:00.000Z' };

describe('the row of an enrolment', () => {
  test('begins with its token', () => given(issued()).then({ ...row, attempt: 1, nkey: null, box_key: null, enrolled_at: null, refused_keys: 0 }));
  test('has the keys of its agent', () => given(issued(), enrolled).then({ ...row, attempt: 1, nkey: 'U1', box_key: 'b1', enrolled_at: '2026-11-21T10:00:02.000Z', refused_keys: 0 }));
  test('counts who came with other keys', () => given(issued(), enrolled, refused, refused).shows({ nkey: 'U1', refused_keys: 2 }));
  test('begins anew with the next attempt', () => given(issued(), enrolled, refused, issued(2)).shows({ attempt: 2, nkey: null, refused_keys: 0 }));
});
