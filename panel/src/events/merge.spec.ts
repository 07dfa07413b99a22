import { expect, test } from 'vitest';
import type { Fact } from '../api/types.ts';
import { kindOf, mergeFacts } from './merge.ts';

const fact = (id: string, at: string, position = 1, stream = 'server-1'): Fact => ({
  id, at, position, stream, type: 'X', version: 1, streamVersion: 1, actor: { kind: 'service', id: 'x' }, correlationId: 'c', data: {}, service: 'provisioning',
});

test('shows each fact once, newest first, however it came', () => {
  const [a, b, c] = [fact('a', '2026-01-01T00:00:01Z'), fact('b', '2026-01-01T00:00:02Z', 2), fact('c', '2026-01-01T00:00:02Z', 3)];
  expect(mergeFacts([b, a], [c, b], [a]).map(({ id }) => id)).toEqual(['c', 'b', 'a']);
});

test('sorts facts into kinds by what they are about', () => {
  expect(['server-1', 'job-1', 'agent-1', 'enrolment-1', 'user-1', 'invitation-1', 'weather-1'].map((stream) => kindOf(fact('x', '', 1, stream)))).toEqual(['servers', 'jobs', 'agents', 'agents', 'access', 'access', 'other']);
});
