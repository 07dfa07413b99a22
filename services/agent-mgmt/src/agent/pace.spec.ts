import { expect, test } from 'vitest';
import { paceOf } from './pace.ts';

test.each([
  [0, 0, 10_000, 0, 0],
  [1000, 0, 10_000, 2500, 6667],
  [10_000, 0, 10_000, 25_000, 66_667],
  [60_000, 0, 40_000, 150_000, 400_000],
  [1000, 2_000, 10_000, 2500, 6667],
  [1000, 5_000, 40_000, 2500, 6667],
  [1000, 3_600_000, 300_000, 2500, 6667],
])('%i agents whose beats wait for %i ms beat every %i ms, come back within %i ms and say hello within %i ms', (...[agents, lateMs, beatEveryMs, reconnectWindowMs, helloWithinMs]) => {
  expect(paceOf({ agents, lateMs })).toMatchObject({ beatEveryMs, reconnectWindowMs, helloWithinMs });
});
