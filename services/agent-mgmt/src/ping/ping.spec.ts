import { AgentId, AgentsPinged, MOST_NAMED_IN_A_PING, ServerId } from '@citrus/contracts';
import { expect, test } from 'vitest';
import { summarize } from './ping.ts';

const who = (n: number) => ({ agentId: AgentId.parse(`agent-of-${String(n).padStart(36, '0')}`), serverId: ServerId.parse(`00000000-0000-4000-8000-${String(n).padStart(12, '0')}`) });

test('the slowest are told first, and when how many had answered', () => {
  const answered = Array.from({ length: 100 }, (_, n) => ({ ...who(n), roundTripMs: 100 - n, afterMs: n + 1 }));
  const told = summarize(answered, [{ ...who(200), because: 'offline' }], 1234.56);
  expect(told).toMatchObject({ asked: 101, answered: 100, tookMs: 1234.6, answeredWithin: { p50Ms: 50, p95Ms: 95, p99Ms: 99 }, unansweredBecause: { offline: 1, silent: 0, refused: 0 } });
  expect(told.answers[0]).toEqual({ ...who(0), roundTripMs: 100 });
});

test('nobody asked, or nobody there, is an answer too', () => {
  expect(AgentsPinged.parse(summarize([], [], 0))).toMatchObject({ asked: 0, answeredWithin: null });
});

test('what is told about a large fleet fits into one message of the broker', () => {
  const reason = '語'.repeat(120);
  const answered = Array.from({ length: 5000 }, (_, n) => ({ ...who(n), roundTripMs: 1234.5, afterMs: n }));
  const told = summarize(answered, Array.from({ length: 5000 }, (_, n) => ({ ...who(n), because: 'refused' as const, reason })), 1);
  expect(AgentsPinged.parse(told)).toMatchObject({ asked: 10_000, answered: 5000, unansweredBecause: { refused: 5000 } });
  expect(told.unanswered).toHaveLength(MOST_NAMED_IN_A_PING);
  expect(Buffer.byteLength(JSON.stringify(told))).toBeLessThan(1024 * 1024);
});
