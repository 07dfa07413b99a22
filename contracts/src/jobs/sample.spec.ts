import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { sampleOf } from './sample.ts';

const servers = fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 60 }).map((ids) => ids.map((id) => ({ id })));
const seeds = fc.integer({ min: 0, max: 4_294_967_295 });
const idsOf = (chosen: readonly { id: string }[]) => chosen.map(({ id }) => id);

test('a sample is the same for the same number, whatever the order of the servers', () => {
  fc.assert(fc.property(servers, seeds, (all, seed) => {
    expect(idsOf(sampleOf(all.toReversed(), { share: '30%', seed })).toReversed()).toEqual(idsOf(sampleOf(all, { share: '30%', seed })));
  }));
});
test('a larger sample holds every smaller one, and all is all', () => {
  fc.assert(fc.property(servers, seeds, (all, seed) => {
    const [small, large] = ['10%', '50%'].map((share) => idsOf(sampleOf(all, { share, seed })));
    expect(small!.length).toBe(Math.ceil(all.length / 10));
    expect(large).toEqual(expect.arrayContaining(small!));
    expect(sampleOf(all, { share: '100%', seed })).toEqual(all);
    expect(sampleOf(all, { share: '7', seed })).toHaveLength(Math.min(7, all.length));
  }));
});
test('other numbers choose others, and each server as often as the next', () => {
  const all = Array.from({ length: 20 }, (_, index) => ({ id: `0198c2a0-0000-7000-8000-0000000000${10 + index}` }));
  const times = new Map(all.map(({ id }) => [id, 0]));
  for (let seed = 0; seed < 1000; seed += 1) for (const { id } of sampleOf(all, { share: '5', seed })) times.set(id, times.get(id)! + 1);
  for (const count of times.values()) expect(Math.abs(count - 250)).toBeLessThan(75);
});
