import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Sample } from '../api/types.ts';
import { chartOf, rateOf, seriesOf, tableOf } from './charts.ts';

const sample = (second: number, more: Partial<Sample> = {}): Sample =>
  ({ at: new Date(1_800_000_000_000 + second * 1000).toISOString(), cpuPercent: 50, load1: 1, memoryUsedBytes: 1, memoryTotalBytes: 4, diskUsedBytes: 1, diskTotalBytes: 2, networkInBytes: 0, networkOutBytes: 0, ...more });

test('a counter becomes a rate, and one that begins anew leaves its moment out', () => {
  const samples = [sample(0, { networkInBytes: 100 }), sample(10, { networkInBytes: 300 }), sample(20, { networkInBytes: 5 }), sample(30, { networkInBytes: 15 })];
  expect(rateOf(samples, ({ networkInBytes }) => networkInBytes).map(({ value }) => value)).toEqual([20, 1]);
});
test('a line has a gap where the server was away', () => {
  const [cpu] = seriesOf([sample(0), sample(10), sample(500), sample(510)]);
  expect(chartOf(cpu!).line).toHaveLength(2);
});
test('every point lies on the sheet, whatever was measured', () => {
  const value = fc.double({ min: 0, max: 1e15, noNaN: true });
  fc.assert(fc.property(fc.array(fc.record({ cpuPercent: value, memoryUsedBytes: value, memoryTotalBytes: value, networkInBytes: value }), { minLength: 1, maxLength: 30 }), (all) => {
    for (const series of seriesOf(all.map((each, index) => sample(index * 10, each)))) {
      const { line, width, height } = chartOf(series);
      for (const [x, y] of line.flatMap((points) => points.split(' ').map((point) => point.split(',').map(Number)))) {
        expect(x! >= 0 && x! <= width && y! >= 0 && y! <= height, `${x} ${y}`).toBe(true);
      }
    }
  }), { numRuns: 60 });
});
test('the table is short and ends with the newest', () => {
  const samples = Array.from({ length: 100 }, (_, index) => sample(index));
  expect(tableOf(samples).length).toBeLessThanOrEqual(12);
  expect(tableOf(samples)[0]).toBe(samples.at(-1));
});
