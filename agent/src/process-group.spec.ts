import { describe, expect, test } from 'vitest';
import { hasHadItsTime, parseStat } from './process-group.ts';

/** A line as the kernel writes it: `utime` and `stime` are in hundredths of a second. */
const lineOf = (state: string, utime: number, stime: number) => `4712 (a (b) c) ${state} 4711 4710 4709 0 -1 4194368 321 0 2 0 ${utime} ${stime} 77 88 20 0 1 0 9123456 5656576 420 18446744073709551615`;
const seen = (state: string, utime = 0, stime = 0) => parseStat('4712', lineOf(state, utime, stime)) ?? expect.unreachable();

describe('a line about a process', () => {
  test('is read behind a name that holds anything', () => {
    expect(seen('S', 7, 5)).toEqual({ pid: 4712, parent: 4711, pgrp: 4710, session: 4709, since: '9123456', state: 'S', ticks: 12 });
  });

  test('tells that nobody is alive there any more', () => {
    expect([lineOf('Z', 0, 0), lineOf('X', 0, 0), ''].map((line) => parseStat('4712', line))).toEqual([undefined, undefined, undefined]);
  });
});

describe('what is left in the group of a script that has ended', () => {
  test('has half a second to get a session of its own', () => {
    for (const state of ['R', 'D', 'S', 'T']) expect(hasHadItsTime(seen(state, 50), 490)).toBe(false);
  });

  test.for([['rests', seen('S')], ['is halted', seen('T')], ['has worked for a tenth of a second', seen('R', 6, 4)]] as const)('is over then when it %s', ([, one]) => {
    expect(hasHadItsTime(one, 510)).toBe(true);
  });

  test.for([['the processor', seen('R')], ['its program from the disk', seen('D', 4, 5)]] as const)('is given longer while it waits for %s, and not for ever', ([, one]) => {
    expect(hasHadItsTime(one, 510)).toBe(false);
    expect(hasHadItsTime(one, 9900)).toBe(false);
    expect(hasHadItsTime(one, 10_100)).toBe(true);
  });
});
