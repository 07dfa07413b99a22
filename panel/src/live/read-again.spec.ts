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
  test('there is a read soon, one a little later, and two for read models that are busy', () => {
    readAgain().touch();
    vi.advanceTimersByTime(60_000);
    expect(reads).toEqual([60, 900, 4000, 15_000]);
  });

  test('the last reads are always well after the last fact', () => {
    const { touch } = readAgain();
    touch();
    vi.advanceTimersByTime(890);
    touch();
    vi.advanceTimersByTime(60_000);
    expect(reads.slice(-3)).toEqual([1790, 4890, 15_890]);
  });

  test('a storm costs one read a second', () => {
    const { touch } = readAgain();
    for (let fact = 0; fact < 100; fact += 1) {
      touch();
      vi.advanceTimersByTime(50);
    }
    vi.advanceTimersByTime(60_000);
    expect(reads.length).toBeLessThanOrEqual(9);
  });

  test('nothing is read once nobody looks', () => {
    const { touch, cancel } = readAgain();
    touch();
    cancel();
    vi.advanceTimersByTime(60_000);
    expect(reads).toEqual([]);
  });
});
