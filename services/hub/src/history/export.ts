/** All events that a filter lets through, of several logs in one order, up to where the logs ended when it began. */
import type { LoggedService, LogPage, LogVector } from '@citrus/contracts';
import { compareEvents, mergeSorted, type FeedEvent } from '../event/merge.ts';
import { patiently } from '../live/patient.ts';
import { line } from './ndjson.ts';

export type Export = {
  readonly services: readonly LoggedService[];
  /** Forward, after a position. */
  readonly read: (service: LoggedService, after: number) => Promise<LogPage>;
  readonly after: LogVector;
  readonly signal: AbortSignal;
};

/** A service that restarts meanwhile is waited for as long as this. */
const WAIT_FOR_SERVICE_MS = 30_000;
/** Bytes of lines that are written at once. */
const CHUNK = 64 * 1024;

/** The next page is on its way while one is told. */
async function* eventsOf(service: LoggedService, first: LogPage, { read, signal }: Export): AsyncGenerator<FeedEvent> {
  const { head } = first;
  const readOn = (after: number) => patiently(() => read(service, after), AbortSignal.any([signal, AbortSignal.timeout(WAIT_FOR_SERVICE_MS)]));
  for (let page = first; page.events.length > 0; ) {
    const next = readOn(page.events.at(-1)?.position ?? head);
    // Its failure is told when it is awaited, not while this page is.
    next.catch(() => undefined);
    for (const event of page.events) {
      if (event.position > head) return;
      yield { service, ...event };
    }
    page = await next;
  }
}

export async function* exportLines(asked: Export): AsyncGenerator<string, void> {
  const first = await Promise.all(asked.services.map((service) => asked.read(service, asked.after[service] ?? 0)));
  const sources = asked.services.map((service, index) => eventsOf(service, first[index] as LogPage, asked));
  let chunk = '';
  for await (const event of mergeSorted(sources, compareEvents)) {
    asked.signal.throwIfAborted();
    chunk += line(event);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk) yield chunk;
}
