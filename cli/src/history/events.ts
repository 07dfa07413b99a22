/** Events of the history, page by page. */
import type { Api } from '../api/api.ts';
import type { FilterOptions } from './filter.command.ts';
import { isWanted, isWholeId, queryOf } from './filter.ts';
import { EventPage, type FeedEvent } from './replies.ts';

const LARGEST_PAGE = 1000;

export type Reading = { readonly filter: FilterOptions; readonly direction: 'forward' | 'backward'; readonly limit?: number; readonly cursor?: string };

/** A page; `limit` is how many we still want of those that pass. */
export async function* eventPages(api: Api, { filter, direction, limit, cursor }: Reading): AsyncGenerator<{ items: FeedEvent[]; liveCursor: string }> {
  let [at, wanted]: [string | undefined, number] = [cursor, limit ?? Infinity];
  do {
    const size = filter.actor === undefined || isWholeId(filter.actor) ? Math.min(LARGEST_PAGE, wanted) : LARGEST_PAGE;
    const page = await api.json({ path: '/api/events', query: { ...queryOf(filter), direction, limit: size, cursor: at } }, EventPage);
    const items = page.items.filter((event) => isWanted(event, filter)).slice(0, wanted);
    yield { items, liveCursor: page.liveCursor };
    wanted -= items.length;
    at = page.nextCursor ?? undefined;
  } while (at !== undefined && wanted > 0);
}

export async function* eventsOf(api: Api, reading: Reading): AsyncGenerator<FeedEvent> {
  for await (const { items } of eventPages(api, reading)) yield* items;
}
