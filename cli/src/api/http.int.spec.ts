import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { createHttp } from './http.ts';

const open: (() => void)[] = [];
afterEach(() => open.splice(0).forEach((close) => close()));

/** A hub that is not ready for its first answers. */
const hubThatIsBusy = async (times: number): Promise<string> => {
  let asked = 0;
  const server = createServer((_, response) => response.writeHead((asked += 1) > times ? 200 : 503, { 'content-type': 'application/json' }).end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const asked = async (times: number) => {
  const [notes, url]: [string[], string] = [[], await hubThatIsBusy(times)];
  const outcome = await createHttp(url, (line) => notes.push(line)).json({ path: '/' }, z.object({})).then(() => 'answered', (error: { exit?: number }) => error.exit);
  return { outcome, notes: notes.map((line) => line.replace(url, 'hub')) };
};

describe('a hub that is not ready', () => {
  test('for a moment is asked again in silence', async () => {
    // Only its own waiting counts here, however long this machine takes to ask.
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    expect(await asked(1)).toEqual({ outcome: 'answered', notes: [] });
  });

  test('for longer is told of, once', async () => {
    expect(await asked(9)).toEqual({ outcome: 4, notes: ['citrus: hub answers 503, not ready; asking again for a while'] });
  });
});
