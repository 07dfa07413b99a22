/**
 * All logs as one live stream. History comes from the logs themselves, the present from JetStream; they are joined by
 * position, which is dense: the next position goes straight through, a smaller one was told before, and a hole means
 * that something was missed, so the log is read again from where the reader stands.
 */
import { formatVector, LOGGED_SERVICES, type EventEnvelope, type LoggedService, type LogPage, type LogVector } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import type { Mailbox } from '../live/mailbox.ts';
import { patiently } from '../live/patient.ts';
import { pause } from '../live/pause.ts';
import type { SseMessage, TellNow } from '../live/sse.ts';
import { compareEvents, mergeSorted, type FeedEvent } from './merge.ts';

/** One for all readers. `event` is left out when the live source was interrupted: anything may have been missed. */
export type LiveSignal = { readonly service: LoggedService; readonly event?: FeedEvent };

type Following = {
  /** Events after a position, only those that the reader may see. @throws Unavailable while the log does not answer */
  readonly read: (service: LoggedService, after: number) => Promise<LogPage>;
  /** @throws Unavailable while the log does not answer */
  readonly headOf: (service: LoggedService) => Promise<number>;
  /** A log that it does not name is followed from where it ends when it first answers. */
  readonly from: LogVector;
  readonly live: Mailbox<LiveSignal>;
  readonly tellNow: TellNow;
  readonly isVisible: (event: EventEnvelope) => boolean;
  readonly signal: AbortSignal;
};

export const joinOf = (cursor: number | undefined, position: number): 'next' | 'known' | 'hole' =>
  cursor === undefined || position > cursor + 1 ? 'hole' : position === cursor + 1 ? 'next' : 'known';

export async function* followEvents({ read, headOf, from, live, tellNow, isVisible, signal }: Following): AsyncGenerator<SseMessage> {
  const cursor: LogVector = { ...from };
  const away = new Set<LoggedService>();

  /** A log that does not answer holds up none of the others. When it answers again, it is as if something of it was missed. */
  const untilBack = async (service: LoggedService, { retryAfterMs }: Unavailable): Promise<void> => {
    if (away.has(service)) return;
    away.add(service);
    // Where it ends may be answered while a page is not: without a rest that would be asked as fast as it is refused.
    await pause(retryAfterMs, signal);
    await patiently(() => headOf(service), signal).catch(() => undefined); // whoever reads next meets the same fault
    away.delete(service);
    live.put({ service });
  };

  const orAway = async <T>(service: LoggedService, ask: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Unavailable) || signal.aborted) throw error;
      void untilBack(service, error);
      return undefined;
    }
  };

  /** Pages may be short (they are cut by size), so only an empty one is the end. */
  async function* missedOf(service: LoggedService): AsyncGenerator<FeedEvent> {
    let after = cursor[service];
    for (;;) {
      const position = after;
      const page = await orAway(service, () => (position === undefined ? headOf(service).then((head): LogPage => ({ events: [], head })) : read(service, position)));
      if (!page) return;
      if (page.events.length === 0) {
        cursor[service] = Math.max(after ?? 0, page.head);
        return;
      }
      for (const event of page.events) yield { service, ...event };
      after = page.events.at(-1)?.position ?? after;
    }
  }

  const messageOf = (event: FeedEvent): SseMessage => ({ id: formatVector({ ...cursor, [event.service]: event.position }), data: event });

  async function* missed(services: readonly LoggedService[]): AsyncGenerator<SseMessage> {
    for await (const event of mergeSorted(services.map((service) => missedOf(service)), compareEvents)) {
      yield messageOf(event);
      cursor[event.service] = event.position;
    }
  }

  /** Whether nothing is left to do about it. */
  const tellAtOnce = ({ service, event }: LiveSignal): boolean => {
    const join = event ? joinOf(cursor[service], event.position) : 'hole';
    if (join !== 'next' || !event) return join === 'known';
    if (isVisible(event) && !tellNow({ ...messageOf(event), isShared: true })) return false;
    cursor[service] = event.position;
    return true;
  };

  yield* missed(LOGGED_SERVICES);
  while (!signal.aborted) {
    const { items, hasOverflowed } = await live.take(signal, { atOnce: tellAtOnce });
    if (hasOverflowed) yield* missed(LOGGED_SERVICES);
    for (const { service, event } of items) {
      const join = event ? joinOf(cursor[service], event.position) : 'hole';
      if (join === 'hole') yield* missed([service]);
      else if (join === 'next' && event) {
        if (isVisible(event)) yield { ...messageOf(event), isShared: true };
        cursor[service] = event.position;
      }
    }
  }
}
