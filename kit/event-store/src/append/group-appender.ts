/**
 * One call to the log in flight, and everything that queued meanwhile goes along with the next: so a busy log commits
 * in groups and a lone caller waits for nobody. No timers. A stream stands once in a call; its next append waits.
 */
import { setImmediate } from 'node:timers/promises';

export type Appendable = { readonly stream: string; readonly bytes: number };

const MOST_APPENDS = 512;
const MOST_BYTES = 1024 * 1024;

type Waiting<Item, Result> = { readonly set: readonly Item[]; resolve(results: readonly Result[]): void; reject(error: unknown): void };
export type Send<Item, Result> = (sets: readonly (readonly Item[])[]) => Promise<readonly (readonly Result[])[]>;

/**
 * @param send takes sets of appends, each set all or nothing, and gives a result for every append
 * @param isWorthRetryingAlone whether a failed call may be the fault of one of its sets, so that each is tried by itself
 */
export const createGroupAppender = <Item extends Appendable, Result>(send: Send<Item, Result>, isWorthRetryingAlone: (error: unknown) => boolean) => {
  let queue: Waiting<Item, Result>[] = [];
  let isBusy = false;

  /** The longest-waiting sets that fit in one call; never overtaking on the same stream. */
  const takeGroup = (): Waiting<Item, Result>[] => {
    const group: Waiting<Item, Result>[] = [];
    const left: Waiting<Item, Result>[] = [];
    const streams = new Set<string>();
    let [appends, bytes] = [0, 0];
    for (const waiting of queue) {
      const size = waiting.set.reduce((sum, item) => sum + item.bytes, 0);
      const fits = group.length === 0 || (appends + waiting.set.length <= MOST_APPENDS && bytes + size <= MOST_BYTES);
      if (fits && !waiting.set.some(({ stream }) => streams.has(stream))) {
        group.push(waiting);
        appends += waiting.set.length;
        bytes += size;
      } else left.push(waiting);
      for (const { stream } of waiting.set) streams.add(stream);
    }
    queue = left;
    return group;
  };

  const sendGroup = async (group: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await send(group.map(({ set }) => set));
      group.forEach((waiting, index) => waiting.resolve(results[index] ?? []));
    } catch (error) {
      if (group.length > 1 && isWorthRetryingAlone(error)) for (const waiting of group) await sendGroup([waiting]);
      else for (const waiting of group) waiting.reject(error);
    }
  };

  const drain = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    while (queue.length > 0) {
      await sendGroup(takeGroup());
      // Whoever was just answered and appends again gets on before the next call leaves, else one would leave alone each time.
      await setImmediate();
    }
    isBusy = false;
  };

  return (set: readonly Item[]): Promise<readonly Result[]> =>
    new Promise((resolve, reject) => {
      queue.push({ set, resolve, reject });
      void drain();
    });
};
