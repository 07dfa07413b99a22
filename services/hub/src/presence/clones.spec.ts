import { AgentId } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';
import { clonesAmong, RecentConnections, type Standing } from './clones.ts';

const at = (second: number) => new Date(Date.parse('2026-11-21T10:00:00.000Z') + second * 1000).toISOString();
const connection = (session: string, startedAt: number, lastActivityAt: number, nkey = 'UKEY'): Standing =>
  ({ agentId: AgentId.parse('agent-one1'), nkey, session, address: `10.0.0.${session}`, startedAt: at(startedAt), lastActivityAt: at(lastActivityAt) });

describe('a clone', () => {
  test('T110. is two connections with one key that both go on speaking', () => {
    expect(clonesAmong([connection('1', 0, 95), connection('2', 60, 92)])).toEqual([{ agentId: 'agent-one1', nkey: 'UKEY', sessions: [{ address: '10.0.0.1', since: at(0) }, { address: '10.0.0.2', since: at(60) }] }]);
  });
  test('is not a connection that came in the place of one that fell silent', () => expect(clonesAmong([connection('1', 0, 58), connection('2', 60, 92)])).toEqual([]));
  test('is not known before both had time to speak', () => expect(clonesAmong([connection('1', 0, 65), connection('2', 60, 64)])).toEqual([]));
  test('T110. is one that comes back every few seconds, too, so that none of its connections gets old', () => {
    const recent = new RecentConnections();
    const told = Array.from({ length: 9 }, (_, n) => {
      const now = [connection('1', 0, 10 * n + 9), connection(`${n + 2}`, 10 * n + 1, 10 * n + 9)];
      recent.learn(now);
      return clonesAmong(now, recent.since(new Date(at(10 * n + 9)))).length;
    });
    expect(told.slice(2)).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });
  test('T110. is one that comes a hundred times a second, and only a few of its connections are remembered', () => {
    const recent = new RecentConnections();
    for (let n = 0; n < 6000; n += 1) recent.learn([connection(`c${n}`, n / 100, n / 100)]);
    const begun = recent.since(new Date(at(60)));
    expect(begun.length).toBeLessThanOrEqual(16);
    expect(clonesAmong([connection('1', -100, 60)], begun)).toHaveLength(1);
    expect(recent.since(new Date(at(3600)))).toEqual([]);
  });
  test('is no agent whose line breaks again and again', () => {
    const recent = new RecentConnections();
    for (let n = 0; n < 9; n += 1) {
      const now = [connection(`${n}`, 20 * n, 20 * n + 18), ...(n > 0 ? [connection(`${n - 1}`, 20 * (n - 1), 20 * n - 2)] : [])];
      recent.learn(now);
      expect(clonesAmong(now, recent.since(new Date(at(20 * n + 19))))).toEqual([]);
    }
  });
  test('is not two agents, nor one connection that two pages name', () => {
    expect(clonesAmong([connection('1', 0, 95), connection('2', 60, 92, 'UOTHER')])).toEqual([]);
    expect(clonesAmong([connection('1', 0, 95), connection('1', 0, 95)])).toEqual([]);
  });
});
