import { AgentId } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';
import { clonesAmong, type Standing } from './clones.ts';

const at = (second: number) => new Date(Date.parse('2026-11-21T10:00:00.000Z') + second * 1000).toISOString();
const connection = (session: string, startedAt: number, lastActivityAt: number, nkey = 'UKEY'): Standing =>
  ({ agentId: AgentId.parse('agent-one1'), nkey, session, address: `10.0.0.${session}`, startedAt: at(startedAt), lastActivityAt: at(lastActivityAt) });

describe('a clone', () => {
  test('T110. is two connections with one key that both go on speaking', () => {
    expect(clonesAmong([connection('1', 0, 95), connection('2', 60, 92)])).toEqual([{ agentId: 'agent-one1', nkey: 'UKEY', sessions: [{ address: '10.0.0.1', since: at(0) }, { address: '10.0.0.2', since: at(60) }] }]);
  });
  test('is not a connection that came in the place of one that fell silent', () => expect(clonesAmong([connection('1', 0, 58), connection('2', 60, 92)])).toEqual([]));
  test('is not known before both had time to speak', () => expect(clonesAmong([connection('1', 0, 65), connection('2', 60, 64)])).toEqual([]));
  test('is not two agents, nor one connection that two pages name', () => {
    expect(clonesAmong([connection('1', 0, 95), connection('2', 60, 92, 'UOTHER')])).toEqual([]);
    expect(clonesAmong([connection('1', 0, 95), connection('1', 0, 95)])).toEqual([]);
  });
});
