import { expect, test } from 'vitest';
import { createArrivals } from './arrivals.ts';

const LONG_MS = 60_000;

test('everybody who waits for an agent hears of it, nobody else does, and who waits in vain goes on', async () => {
  const arrivals = createArrivals();
  const heard: string[] = [];
  const first = arrivals.next('agent-a', LONG_MS).then(() => heard.push('first'));
  const second = arrivals.next('agent-a', LONG_MS).then(() => heard.push('second'));
  const other = arrivals.next('agent-b', 1).then(() => heard.push('other'));
  arrivals.tell('agent-c');
  await other;
  expect(heard).toEqual(['other']);
  arrivals.tell('agent-a');
  await Promise.all([first, second]);
  expect(heard).toEqual(['other', 'first', 'second']);
  arrivals.tell('agent-a');
});
