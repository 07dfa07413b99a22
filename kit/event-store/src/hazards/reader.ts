/** Readers that follow the log while it is being written, as projections do. */
import { Unavailable } from '@citrus/kit-domain';
import { pause } from '../database/pause.ts';
import type { EventStore } from '../event-store.port.ts';

const PAGE = 50;
const LOOK_EVERY_MS = 2;

/** The positions that were seen, in the order in which they were seen. */
export type Reader = { readonly seen: number[]; /** The last position that it has come to. */ position: number; readonly done: Promise<void> };

/** @param filter a reader of some events goes on from the head that its page was read at */
export const follow = (store: EventStore, signal: AbortSignal, filter: { readonly types?: readonly string[]; readonly category?: string } = {}): Reader => {
  const reader = { seen: [] as number[], position: 0, done: Promise.resolve() };
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        const { events, head } = await store.read({ after: reader.position, limit: PAGE, ...filter });
        reader.seen.push(...events.map(({ position }) => position));
        reader.position = events.length < PAGE ? Math.max(head, reader.position) : (events.at(-1)?.position ?? head);
        if (events.length === 0) await pause(LOOK_EVERY_MS, signal);
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        await pause(LOOK_EVERY_MS, signal);
      }
    }
  };
  reader.done = run();
  return reader;
};
