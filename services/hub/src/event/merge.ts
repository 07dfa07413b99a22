/**
 * Events of several logs as one list. There is no global order: people see them by time, then service, then position;
 * where a reader stands is a position in each log.
 */
import { LOGGED_SERVICES, type EventEnvelope, type LoggedService, type LogVector } from '@citrus/contracts';

export type FeedEvent = EventEnvelope & { readonly service: LoggedService };
export type Direction = 'forward' | 'backward';

/** What one log gave, in the direction of reading. `isExhausted`: there is nothing after the last of them. */
export type Stretch = { readonly service: LoggedService; readonly events: readonly EventEnvelope[]; readonly isExhausted: boolean; readonly head: number };

export const compareEvents = (a: FeedEvent, b: FeedEvent): number =>
  a.at !== b.at ? (a.at < b.at ? -1 : 1) : a.service !== b.service ? LOGGED_SERVICES.indexOf(a.service) - LOGGED_SERVICES.indexOf(b.service) : a.position - b.position;

/**
 * The first `limit` of all stretches, and where to go on; `next` is undefined when that was all. Fewer where a stretch was
 * cut short: what comes after its last event may come before the others'.
 */
export const mergeStretches = (stretches: readonly Stretch[], { limit: most, direction, from }: { limit: number; direction: Direction; from: LogVector }): { items: FeedEvent[]; next: LogVector | undefined } => {
  const sign = direction === 'forward' ? 1 : -1;
  const limit = Math.min(most, ...stretches.filter(({ isExhausted }) => !isExhausted).map(({ events }) => events.length));
  const all = stretches.flatMap(({ service, events }) => events.map((event) => ({ service, ...event })));
  const items = all.sort((a, b) => sign * compareEvents(a, b)).slice(0, limit);
  const next: LogVector = {};
  let isAll = true;
  for (const { service, events, isExhausted, head } of stretches) {
    const taken = items.filter((item) => item.service === service);
    const isDone = isExhausted && taken.length === events.length;
    if (!isDone) isAll = false;
    const start = from[service] ?? (direction === 'forward' ? 0 : head + 1);
    next[service] = isDone ? (direction === 'forward' ? Math.max(start, head) : 1) : (taken.at(-1)?.position ?? start);
  }
  return { items, next: isAll ? undefined : next };
};

/** Sorted sources as one sorted source; it reads from each no further than it must. */
export async function* mergeSorted<Item>(sources: readonly AsyncIterator<Item>[], compare: (a: Item, b: Item) => number): AsyncGenerator<Item> {
  const fronts = await Promise.all(sources.map(async (source) => ({ source, result: await source.next() })));
  for (;;) {
    const waiting = fronts.flatMap((front) => (front.result.done ? [] : [{ front, value: front.result.value }]));
    const first = waiting.reduce<(typeof waiting)[number] | undefined>((best, next) => (best && compare(best.value, next.value) <= 0 ? best : next), undefined);
    if (!first) return;
    yield first.value;
    first.front.result = await first.front.source.next();
  }
}
