import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createReadAgain } from './read-again.ts';

let reads: number[];
let began: number;

beforeEach(() => {
  vi.useFakeTimers();
  reads = [];
  began = performance.now();
});
afterEach(() => { vi.useRealTimers(); });

const readAgain = () => createReadAgain(() => reads.push(Math.round(performance.now() - began)));

describe('after a fact', () => {
  test('there is a read soon and one a little later', () => {
    readAgain().touch();
    vi.advanceTimersByTime(5000);
    expect(reads).toEqual([60, 900]);
  });

  test('the last read is always well after the last fact', () => {
    const { touch } = readAgain();
    touch();
    vi.advanceTimersByTime(890);
    touch();
    vi.advanceTimersByTime(5000);
    expect(reads.at(-1)).toBe(1790);
  });

  test('a storm costs one read a second', () => {
    const { touch } = readAgain();
    for (let fact = 0; fact < 100; fact += 1) {
      touch();
      vi.advanceTimersByTime(50);
    }
    vi.advanceTimersByTime(5000);
    expect(reads.length).toBeLessThanOrEqual(7);
  });

  test('nothing is read once nobody looks', () => {
    const { touch, cancel } = readAgain();
    touch();
    cancel();
    vi.advanceTimersByTime(5000);
    expect(reads).toEqual([]);
  });
});
