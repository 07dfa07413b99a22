/** Opens a service's log: appends go through the group appender, reads straight to the database. */
import type { LoggedService } from '@citrus/contracts';
import { ContractViolation, Unavailable } from '@citrus/kit-domain';
import type { Pool } from 'pg';
import { appendEach, appendMany, type Verdict } from './append/append-many.store.ts';
import { encodeAppend, type EncodedAppend } from './append/append-request.ts';
import { isConnectionLoss, StreamArchived, StreamChanged } from './errors.ts';
import type { AppendContext, AppendResult, EventStore, Logger, StreamAppend } from './event-store.port.ts';
import { gather } from './database/gather.ts';
import { createGroupAppender } from './append/group-appender.ts';
import { readLinks } from './links/links.store.ts';
import { positionAt } from './read/position-at.store.ts';
import { readAt, readHead, readHistory, readLog, readStreams, type LoadedEvent, type StreamRead } from './read/read.store.ts';
import { createUpdate } from './snapshot/updates.ts';
import { createUpcaster, upcastPage, type EventVersions, type OnUpcast } from './version/event-versions.ts';

/** @throws what the verdicts say about the first append that was not taken */
const resultsOf = (appends: readonly EncodedAppend[], verdicts: readonly Verdict[]): AppendResult[] => {
  const archived = appends.find((_, index) => verdicts[index]?.verdict === 'archived');
  if (archived) throw new StreamArchived(archived.stream);
  const changed = appends.find((_, index) => verdicts[index]?.verdict === 'wrong-version');
  if (changed) throw new StreamChanged(changed.stream);
  if (verdicts.some(({ verdict }) => verdict === 'held-back')) throw new ContractViolation(`command ${appends[0]?.commandId} was carried out before, on some of these streams only`);
  return verdicts.map(({ verdict, version, position }) => ({ version, position, duplicate: verdict === 'duplicate' }));
};

type Options = {
  readonly pool: Pool;
  readonly service: LoggedService;
  /** Every event that the service writes or has written; without them everything has version 1 and nothing is checked. */
  readonly versions?: EventVersions | undefined;
  readonly onUpcast?: OnUpcast | undefined;
  readonly logger?: Logger | undefined;
};

const LOADS_AT_ONCE = 4;
const STREAMS_A_LOAD = 64;

export const openEventStore = ({ pool, service, versions, onUpcast, logger }: Options): EventStore => {
  const upcaster = createUpcaster(versions, onUpcast);
  const enqueue = createGroupAppender(appendMany(pool), (error) => !isConnectionLoss(error));

  const reached = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      if (isConnectionLoss(cause)) throw new Unavailable(`${doing} the log of ${service}: its database cannot be reached`, { cause });
      throw cause;
    }
  };

  const appendAll = async (appends: readonly StreamAppend[], context: AppendContext): Promise<AppendResult[]> => {
    const encoded = appends.map((append) => encodeAppend(append, context, upcaster));
    if (new Set(appends.map(({ stream }) => stream)).size !== appends.length) throw new ContractViolation('a stream stands twice in one append');
    return resultsOf(encoded, await reached('appending to', () => enqueue(encoded)));
  };
  const append: EventStore['append'] = async ({ context, ...request }) => {
    const [result] = await appendAll([request], context);
    if (!result) throw new Error(`no verdict for ${request.stream}`);
    return result;
  };

  const writeEach = appendEach(pool);
  const appendLone: EventStore['appendEach'] = async (appends) => {
    if (appends.length === 0) return [];
    const lone = appends.map(({ stream, event, context }) => {
      const encoded = encodeAppend({ stream, expected: 'any', events: [event] }, context, upcaster);
      const [only] = encoded.events;
      if (!only) throw new ContractViolation('an append holds at least one event');
      return { append: encoded, event: only };
    });
    const verdicts = await reached('appending to', () => writeEach(lone));
    return lone.flatMap((one, index) => resultsOf([one.append], verdicts.slice(index, index + 1)));
  };

  /** It stands for whoever asked before it began. */
  const readHeadOnce = gather(async (askers: readonly undefined[]) => {
    const head = await readHead(pool);
    return askers.map(() => head);
  });
  const readStream = gather((reads: readonly StreamRead[]) => readStreams(pool, reads), { inFlight: LOADS_AT_ONCE, most: STREAMS_A_LOAD });
  const loadStream = async (stream: string, after = 0): Promise<LoadedEvent[]> =>
    (await reached('reading', () => readStream({ stream, after }))).map((loaded) => ({ ...loaded, event: upcaster.upcastOwn(loaded.event) }));

  return {
    append,
    appendAll,
    appendEach: appendLone,
    load: async (stream) => {
      const events = (await loadStream(stream)).map(({ event }) => event);
      return { events, version: events.at(-1)?.streamVersion ?? 0 };
    },
    update: createUpdate({ pool, append, load: loadStream, reached, logger }),
    read: async ({ as, ...request }) => {
      const { events, head } = await reached('reading', () => readLog(pool, request));
      return { events: as === 'stored' ? events : upcastPage(events, upcaster), head };
    },
    history: async (read) => {
      const { events, head } = await reached('reading', () => readHistory(pool, read));
      return { events: events.map(upcaster.upcastIfKnown), head };
    },
    links: async (read) => {
      const links = await reached('reading', () => readLinks(pool, read));
      return links.map((link) => ({ ...link, event: link.event && upcaster.upcastIfKnown(link.event) }));
    },
    readAt: async (position) => {
      const event = await reached('reading', () => readAt(pool, position));
      return event && upcaster.upcast(event);
    },
    positionAt: (instant) => reached('reading', () => positionAt(pool, instant)),
    head: () => reached('reading', () => readHeadOnce(undefined)),
    upcast: upcaster.upcast,
  };
};
