import { expect, test, vi } from 'vitest';
import { createRest } from './rest.ts';

const NEVER = 3_600_000;
const going = () => new AbortController().signal;

test('there is none when the moment is over, when somebody waits, or when everything stops', async () => {
  await createRest(() => false).until(performance.now() - 1, going());
  await createRest(() => true).until(performance.now() + NEVER, going());
  await createRest(() => false).until(performance.now() + NEVER, AbortSignal.abort());
});

test('it takes as long as it was meant to', async ({ onTestFinished }) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  let isOver = false;
  void createRest(() => false).until(performance.now() + 20, going()).then(() => (isOver = true));
  await vi.advanceTimersByTimeAsync(19);
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(isOver).toBe(true);
});

test('it ends when somebody waits, and when everything stops', async () => {
  const rest = createRest(() => false);
  const first = rest.until(performance.now() + NEVER, going());
  rest.end();
  await first;
  const stopping = new AbortController();
  const second = rest.until(performance.now() + NEVER, stopping.signal);
  stopping.abort();
  await second;
  rest.end();
});
