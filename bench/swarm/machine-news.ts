/** Follows the local cloud's feed of machines that would have booted or halted (driver `none`), also over its restarts. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

const Machine = { droplet_id: z.int(), name: z.string(), address: z.ipv4() };
const News = z.object({
  run: z.string(),
  last: z.int(),
  events: z.array(z.discriminatedUnion('event', [z.object({ event: z.literal('boot'), ...Machine, user_data: z.string() }), z.object({ event: z.literal('halt'), ...Machine })])),
});
export type MachineEvent = z.infer<typeof News>['events'][number];

const WAIT_MS = 20_000;
const AGAIN_AFTER_MS = 250;

export type Followed = { readonly url: string; readonly token: string; readonly signal: AbortSignal };

const ask = async ({ url, token, signal }: Followed, after: number): Promise<z.infer<typeof News>> => {
  const response = await fetch(`${url}/local/machines?after=${after}&wait_ms=${WAIT_MS}`, { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS + 10_000)]) });
  if (response.status === 404) throw new Error(`the local cloud at ${url} has machines of its own; start it with LOCAL_CLOUD_DRIVER=none`);
  if (!response.ok) throw new Error(`the local cloud answered ${response.status}`);
  return News.parse(await response.json());
};

/** Every event at least once, in order; all boots again after a restart of the cloud. Ends with `signal`. */
export async function* machineNews(followed: Followed, onFailure: (error: unknown) => void): AsyncGenerator<MachineEvent> {
  let [run, last] = ['', 0];
  while (!followed.signal.aborted) {
    try {
      const news = await ask(followed, last);
      const isAnother = news.run !== run && run !== '';
      run = news.run;
      // The numbers of another run begin anew, so what came with the old number may be only a part.
      last = isAnother ? 0 : news.last;
      if (!isAnother) yield* news.events;
    } catch (error) {
      if (followed.signal.aborted) return;
      onFailure(error);
      await delay(AGAIN_AFTER_MS, undefined, { signal: followed.signal }).catch(() => undefined);
    }
  }
}
