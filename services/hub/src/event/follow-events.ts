/**
 * All logs as one live stream. History comes from the logs themselves, the present from JetStream; they are joined by
 * position, which is dense: the next position goes straight through, a smaller one was told before, and a hole means
 * that something was missed, so the log is read again from where the reader stands.
 */
import { formatVector, LOGGED_SERVICES, type EventEnvelope, type LoggedService, type LogPage, type LogVector } from '@citrus/contracts';
import type { Mailbox } from '../live/mailbox.ts';
import { patiently } from '../live/patient.ts';
import type { SseMessage } from '../live/sse.ts';
import { compareEvents, mergeSorted, type FeedEvent } from './merge.ts';

/** One for all readers. `event` is left out when the live source was interrupted: anything may have been missed. */
export type LiveSignal = { readonly service: LoggedService; readonly event?: FeedEvent };

type Following = {
  /** Events after a position, only those that the reader may see. */
  readonly read: (service: LoggedService, after: number) => Promise<LogPage>;
  readonly from: LogVector;
  readonly live: Mailbox<LiveSignal>;
  readonly isVisible: (event: EventEnvelope) => boolean;
  readonly signal: AbortSignal;
};

export const joinOf = (cursor: number, position: number): 'next' | 'known' | 'hole' => (position === cursor + 1 ? 'next' : position <= cursor ? 'known' : 'hole');

export async function* followEvents({ read, from, live, isVisible, signal }: Following): AsyncGenerator<SseMessage> {
  const cursor = Object.fromEntries(LOGGED_SERVICES.map((service) => [service, from[service] ?? 0])) as Record<LoggedService, number>;

  /** Pages may be short (they are cut by size), so only an empty one is the end. */
  async function* missedOf(service: LoggedService): AsyncGenerator<FeedEvent> {
    let after = cursor[service];
    for (;;) {
      const page = await patiently(() => read(service, after), signal);
      if (page.events.length === 0) {
        cursor[service] = Math.max(after, page.head);
        return;
      }
      for (const event of page.events) yield { service, ...event };
      after = page.events.at(-1)?.position ?? after;
    }
  }

  const tell = (event: FeedEvent, isShared = false): SseMessage => {
    cursor[event.service] = event.position;
    return { id: formatVector(cursor), data: event, ...(isShared && { isShared }) };
  };

  async function* missed(services: readonly LoggedService[]): AsyncGenerator<SseMessage> {
    for await (const event of mergeSorted(services.map((service) => missedOf(service)), compareEvents)) yield tell(event);
  }

  yield* missed(LOGGED_SERVICES);
  while (!signal.aborted) {
    const { items, hasOverflowed } = await live.take(signal);
    if (hasOverflowed) yield* missed(LOGGED_SERVICES);
    for (const { service, event } of items) {
      const join = event ? joinOf(cursor[service], event.position) : 'hole';
      if (join === 'hole') yield* missed([service]);
      else if (join === 'next' && event && isVisible(event)) yield tell(event, true);
      else if (join === 'next' && event) cursor[service] = event.position;
    }
  }
}
