import type { EventEnvelope } from '@citrus/contracts';
import { envelopeOf } from '@citrus/kit-testing';
import { expect, test } from 'vitest';
import { sideBySide } from './side-by-side.ts';

const eventOf = (position: number, stream: string): EventEnvelope => ({ ...envelopeOf({ type: 'Paid', data: {} }, position), stream });
const EVENTS = [eventOf(1, 'a-1'), eventOf(2, 'b-1'), eventOf(3, 'a-1'), eventOf(4, 'b-1')];

test('streams do not wait for each other, and each keeps its order', async () => {
  const log: string[] = [];
  await sideBySide(async ({ position }) => {
    log.push(`begins ${position}`);
    await Promise.resolve();
    log.push(`ends ${position}`);
  })(EVENTS);
  const at = (entry: string) => log.indexOf(entry);
  expect(at('begins 2')).toBeLessThan(at('ends 1'));
  expect(at('begins 3')).toBeGreaterThan(at('ends 1'));
  expect(at('begins 4')).toBeGreaterThan(at('ends 2'));
});

test('what failed is thrown when nothing is under way any more, and nothing of its stream came after it', async () => {
  const done: number[] = [];
  const handling = sideBySide(async ({ position }) => {
    if (position === 1) throw new Error('no such account');
    await Promise.resolve();
    done.push(position);
  })(EVENTS);
  await expect(handling).rejects.toThrow('no such account');
  expect(done).toEqual([2, 4]);
});
