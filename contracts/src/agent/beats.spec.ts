import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AgentId } from '../ids.ts';
import { AnyHeartbeat, learnBeat, nextBeat, nextBeatEveryMs, offlineAfterMs, type KnownBeats, type Measurements } from './beats.ts';

const AGENT = AgentId.parse('agent-under-test');
const measurements = fc.record({
  load1: fc.integer({ min: 0, max: 6400 }).map((hundredths) => hundredths / 100), cpuPercent: fc.integer({ min: 0, max: 100 }),
  memoryUsedBytes: fc.integer({ min: 0, max: 2 ** 34 }), memoryTotalBytes: fc.constant(2 ** 34), diskUsedBytes: fc.integer({ min: 0, max: 2 ** 40 }), diskTotalBytes: fc.constantFrom(2 ** 40, 2 ** 41),
  networkInBytes: fc.integer({ min: 0, max: 2 ** 40 }), networkOutBytes: fc.integer({ min: 0, max: 2 ** 40 }), uptimeSeconds: fc.nat(),
});
type Sent = { readonly beat: AnyHeartbeat; readonly known: KnownBeats };

/** Everything an agent says in some lives, with what it believes is known once that was heard; over the wire and back. */
const say = (lives: readonly (readonly Measurements[])[], wholeBeatEvery: number | undefined): Sent[] =>
  lives.flatMap((life, index) => {
    let known: KnownBeats | undefined;
    return life.map((now) => {
      const next = nextBeat(known, { now, run: index + 1, wholeBeatEvery });
      known = next.known;
      const beat = AnyHeartbeat.parse(JSON.parse(JSON.stringify({ agentId: AGENT, at: '2026-11-25T10:00:00.000Z', bootId: 'b', running: null, everyMs: 10_000, ...next.part })));
      return { beat, known };
    });
  });

describe('what is known of an agent', () => {
  test('is what it said in one of its beats, never an older one than before, and after a whole beat the newest, whatever is lost, comes twice or out of order', () => {
    const life = fc.array(measurements, { minLength: 1, maxLength: 12 });
    const fate = fc.record({ drop: fc.boolean(), again: fc.nat({ max: 2 }), late: fc.nat({ max: 5 }) });
    fc.assert(
      fc.property(fc.array(life, { minLength: 1, maxLength: 3 }), fc.option(fc.integer({ min: 2, max: 6 }), { nil: undefined }), fc.array(fate, { minLength: 1, maxLength: 40 }), (lives, every, fates) => {
        const sent = say(lives, every);
        const arriving = sent.flatMap((one, index) => {
          const { drop, again, late } = fates[index % fates.length] ?? { drop: false, again: 0, late: 0 };
          return drop ? [] : Array.from({ length: again + 1 }, (_, copy) => ({ one, at: index + late * (copy + 1) }));
        }).sort((a, b) => a.at - b.at);
        let known: KnownBeats | undefined;
        const hear = (beat: AnyHeartbeat) => {
          const after = learnBeat(known, beat);
          if (!after) return;
          if (known) expect(after.run > known.run || (after.run === known.run && after.seq > known.seq)).toBe(true);
          expect(sent.some((one) => one.known.run === after.run && JSON.stringify(one.known) === JSON.stringify(after))).toBe(true);
          known = after;
        };
        for (const { one } of arriving) hear(one.beat);
        // Quiet again: the agent goes on, and every so many-th beat is whole.
        const last = sent.at(-1);
        const now = lives.at(-1)?.at(-1);
        if (!last || !now) return;
        let believed: KnownBeats = last.known;
        for (let n = 0; n < (every ?? 1); n += 1) {
          const next = nextBeat(believed, { now, run: lives.length, wholeBeatEvery: every });
          believed = next.known;
          const beat = AnyHeartbeat.parse({ agentId: AGENT, at: '2026-11-25T10:00:00.000Z', bootId: 'b', running: null, ...next.part });
          sent.push({ beat, known: believed });
          hear(beat);
        }
        expect(known).toEqual(believed);
      }),
      { numRuns: 200 },
    );
  });

  test('is what an agent from before says, which is always everything', () => {
    const whole = { agentId: AGENT, at: '2026-11-25T10:00:00.000Z', bootId: 'b', running: null, load1: 1, cpuPercent: 2, memoryUsedBytes: 3, memoryTotalBytes: 4, diskUsedBytes: 5, diskTotalBytes: 6, networkInBytes: 7, networkOutBytes: 8, uptimeSeconds: 9 };
    const first = learnBeat(undefined, AnyHeartbeat.parse(whole));
    expect(first?.now).toMatchObject({ cpuPercent: 2 });
    expect(learnBeat(first, AnyHeartbeat.parse({ ...whole, cpuPercent: 3 }))?.now).toMatchObject({ cpuPercent: 3 });
  });

  test('is of its later life; one that seems earlier is believed when the other has long been silent', () => {
    const [one, other] = say([[{ load1: 0 } as Measurements], [{ load1: 0 } as Measurements]].map((life) => life.map((each) => ({ ...each, cpuPercent: 1, memoryUsedBytes: 1, memoryTotalBytes: 1, diskUsedBytes: 1, diskTotalBytes: 1, networkInBytes: 1, networkOutBytes: 1, uptimeSeconds: 1 }))), undefined);
    const known = other?.known;
    if (!one || !known) throw new Error('two lives were meant');
    expect(learnBeat(known, one.beat)).toBeUndefined();
    expect(learnBeat(known, one.beat, true)).toMatchObject({ run: 1 });
  });
});

test('on the way to a slower pace and back any one beat may be lost, and nobody takes the agent for gone', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1000, max: 1_000_000 }), { minLength: 1, maxLength: 30 }), fc.nat({ max: 40 }), (told, lost) => {
      let [every, at] = [10_000, 0];
      const beats = Array.from({ length: 40 }, (_, n) => {
        every = nextBeatEveryMs(every, told[n % told.length]);
        expect(every).toBeGreaterThanOrEqual(10_000);
        expect(every).toBeLessThanOrEqual(300_000);
        const beat = { at, every };
        at += every;
        return beat;
      });
      const heard = beats.filter((_, n) => n !== lost);
      for (const [n, beat] of heard.entries()) {
        const next = heard[n + 1];
        if (next) expect(next.at - beat.at).toBeLessThan(offlineAfterMs(beat.every));
      }
    }),
  );
});
