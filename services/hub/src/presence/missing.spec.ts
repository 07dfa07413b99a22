import { AgentId } from '@citrus/contracts';
import { expect, test } from 'vitest';
import { Missing } from './missing.ts';
import type { PresenceRecord } from './presence-state.ts';

const record = (session: string): PresenceRecord => ({ agentId: AgentId.parse(`agent-${session.replace(':', '-').toLowerCase()}`), account: 'A', session, startedAt: '2026-11-21T09:00:00.000Z', isConnected: true, at: '2026-11-21T09:00:00.000Z' });
const look = (servers: string[], sessions: string[]) => ({ startedAt: new Date('2026-11-21T10:00:00Z'), servers: new Set(servers), sessions: new Set(sessions) });
const [one, other] = [record('SRV1:1234'), record('SRV1:5678')];

test('a connection that one look missed, because the pages moved, is not gone', () => {
  const missing = new Missing();
  expect(missing.twice([one, other], look(['SRV1'], ['SRV1:1234']))).toEqual([]);
  expect(missing.twice([one, other], look(['SRV1'], ['SRV1:5678', 'SRV1:1234']))).toEqual([]);
  expect(missing.twice([one, other], look(['SRV1'], ['SRV1:1234']))).toEqual([]);
  expect(missing.twice([one, other], look(['SRV1'], ['SRV1:1234']))).toEqual([other]);
});

test('a server that did not answer is not held against its agents, nor what began after the look', () => {
  const missing = new Missing();
  const late = { ...one, at: '2026-11-21T10:00:01.000Z' };
  for (let times = 0; times < 3; times += 1) {
    expect(missing.twice([one], look(['SRV2'], []))).toEqual([]);
    expect(missing.twice([late, { ...other, isConnected: false }], look(['SRV1'], []))).toEqual([]);
  }
});
