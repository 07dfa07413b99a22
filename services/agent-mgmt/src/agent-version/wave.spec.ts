import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextOfWave, VERDICT_AFTER_MS, type WaveMember } from './wave.ts';

const now = new Date('2026-11-22T10:00:00.000Z');
const member = (place: number, status: WaveMember['status'], limits: { atOnce?: number; maxFailures?: number } = {}, deadline: string | null = null): WaveMember =>
  ({ agentId: `agent-${place}`, projectId: 'p', upgradeId: `u-${place}`, status, deadline, wave: { waveId: '0198c2a0-0000-7000-8000-000000000002', place, atOnce: 2, maxFailures: 0, ...limits } });
const idsOf = (members: readonly WaveMember[]) => members.map(({ agentId }) => agentId);

describe('a wave', () => {
  test('begins as many as may be under way at once, in their order', () => {
    expect(idsOf(nextOfWave([member(3, 'waiting'), member(1, 'waiting'), member(2, 'waiting')], now).begin)).toEqual(['agent-1', 'agent-2']);
    expect(idsOf(nextOfWave([member(1, 'upgraded'), member(2, 'begun'), member(3, 'waiting'), member(4, 'waiting')], now).begin)).toEqual(['agent-3']);
    expect(nextOfWave([member(1, 'begun'), member(2, 'begun'), member(3, 'waiting')], now).begin).toEqual([]);
  });
  test('calls the rest off when more have failed than may, and lets go on what has begun', () => {
    const next = nextOfWave([member(1, 'failed'), member(2, 'begun'), member(3, 'waiting')], now);
    expect(next).toMatchObject({ begin: [], overdue: [] });
    expect(idsOf(next.callOff)).toEqual(['agent-3']);
    expect(idsOf(nextOfWave([member(1, 'failed', { maxFailures: 1 }), member(3, 'waiting')], now).begin)).toEqual(['agent-3']);
  });
  test('gives up an agent that was not heard of long after its deadline', () => {
    const late = new Date(now.getTime() - VERDICT_AFTER_MS - 1).toISOString();
    expect(idsOf(nextOfWave([member(1, 'begun', {}, late), member(2, 'begun', {}, now.toISOString())], now).overdue)).toEqual(['agent-1']);
  });
  test('never has more under way than may, whatever ends in whatever order', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 4 }), fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 80 }), (size, atOnce, maxFailures, endings) => {
      let members = Array.from({ length: size }, (_, place) => member(place, 'waiting', { atOnce, maxFailures }));
      const become = (chosen: readonly WaveMember[], status: WaveMember['status']) => {
        const ids = new Set(idsOf(chosen));
        members = members.map((each) => (ids.has(each.agentId) ? { ...each, status } : each));
      };
      const turn = () => {
        const next = nextOfWave(members, now);
        become(next.callOff, 'failed');
        become(next.begin, 'begun');
        expect(members.filter(({ status }) => status === 'begun').length).toBeLessThanOrEqual(atOnce);
      };
      turn();
      let failed = 0;
      for (const [which, isGood] of endings) {
        const begun = members.filter(({ status }) => status === 'begun');
        const ended = begun[which % Math.max(1, begun.length)];
        if (ended) {
          become([ended], isGood ? 'upgraded' : 'failed');
          failed += isGood ? 0 : 1;
          if (failed > maxFailures) expect(nextOfWave(members, now).begin).toEqual([]);
        }
        turn();
      }
    }));
  });
});
