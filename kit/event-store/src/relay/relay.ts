/**
 * Copies the log to JetStream, one message an event. The stream's sequence is the position, so the stream itself says
 * what comes next, and events are taken only right behind their predecessors: a second relay, a repeated page or a
 * reordered one is refused by the server. There is no checkpoint that could be wrong. A stream that lost its tail is
 * filled up from the log; one that is gone, or is the copy of another log, is made anew.
 */
import { eventsStreamOf, type LoggedService } from '@citrus/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Pool } from 'pg';
import { whileLeading } from '../database/connection.ts';
import { backoffMs, pause } from '../database/pause.ts';
import { startWakeUp, type WakeUp } from '../database/wake-up.ts';
import type { Logger } from '../event-store.port.ts';
import { readHead } from '../read/read.store.ts';
import { feedStream, type FeedStream, type Standing } from './feed-stream.ts';
import { logReader, readEventId, type LogMessages } from './log-page.store.ts';
import { publishBatch, publishWindows } from './publish.ts';
import { remakeWith, type RemakeStream } from './remake-stream.ts';

export type RelayStatus = {
  readonly leading: boolean;
  /** The last event that JetStream has. */
  readonly position: number;
  /** How many events of the log it does not have yet, when the log was last read. */
  readonly lag: number;
  readonly error?: string;
};
export type Relay = {
  status(): RelayStatus;
  /** The last event that JetStream has, as it says itself: the same from every replica. */
  lastCopied(): Promise<number>;
  stop(): Promise<void>;
};

/** Trying again is harmless, so a server that was killed is not waited for. */
const JETSTREAM_TIMEOUT_MS = 2000;
/** A batch costs the broker about as much as this many single messages (measured on 2.15.1), so fewer are sent one by one. */
const SMALLEST_BATCH = 16;
/** An idle relay looks this often whether its stream is still what it was. */
const LOOK_EVERY_MS = 1000;

type Options = {
  readonly databaseUrl: string; readonly pool: Pool; readonly nats: NatsConnection; readonly service: LoggedService;
  /** Has the stream made anew for us; without it with the rights of `nats` itself. */
  readonly remake?: RemakeStream;
  /** False: one message at a time even where the server would take atomic batches. */
  readonly batches?: boolean;
  readonly wakeUp?: WakeUp; readonly logger?: Logger | undefined;
};

/** One leader's work: the next page to the stream, while the page after it is already being read. */
const createCopier = ({ pool, nats, service, logger, batches = true, remake }: Options, onProgress: (at: { position: number; head: number }) => void) => {
  const read = logReader(pool, service);
  const log = { head: () => readHead(pool), eventIdAt: (position: number) => readEventId(pool, position) };
  const to = { nats, stream: eventsStreamOf(service), timeoutMs: JETSTREAM_TIMEOUT_MS };
  let stream: FeedStream | undefined;
  let standing: Standing | undefined;
  let lookedAt = 0;
  let ahead: LogMessages | undefined;

  const look = async (): Promise<Standing> => {
    if (!stream) {
      const jsm = await jetstreamManager(nats, { checkAPI: false, timeout: JETSTREAM_TIMEOUT_MS });
      stream = feedStream({ jsm, service, log, remake: remake ?? remakeWith(jsm, service), logger });
    }
    const isDue = performance.now() - lookedAt > LOOK_EVERY_MS;
    if (!standing || (isDue && !(await stream.isAt(standing)))) standing = await stream.open();
    if (isDue) lookedAt = performance.now();
    return standing;
  };

  return {
    /** After a failure nobody knows what JetStream has: it is asked. */
    forget: () => (standing = ahead = undefined),
    /** False when the log has nothing more. */
    copyPage: async (): Promise<boolean> => {
      const { last, identity, isAtomic } = await look();
      const { messages, head, isFull } = ahead?.after === last ? ahead : await read(last);
      onProgress({ position: last, head });
      const position = messages.at(-1)?.position;
      if (position === undefined) return false;
      const [published, next] = await Promise.allSettled([(isAtomic && batches && messages.length >= SMALLEST_BATCH ? publishBatch : publishWindows)(to, messages), isFull ? read(position) : undefined]);
      if (published.status === 'rejected') throw published.reason;
      standing = { last: position, identity, isAtomic };
      lookedAt = performance.now();
      ahead = next.status === 'fulfilled' ? next.value : undefined;
      onProgress({ position, head });
      return isFull;
    },
  };
};

export const startRelay = (options: Options): Relay => {
  const { databaseUrl, service, logger } = options;
  const stopping = new AbortController();
  const wakeUp = options.wakeUp ?? startWakeUp({ databaseUrl, logger });
  let status: RelayStatus = { leading: false, position: 0, lag: 0 };

  const lead = async (signal: AbortSignal): Promise<void> => {
    const bell = wakeUp.subscribe();
    const copier = createCopier(options, ({ position, head }) => (status = { leading: true, position, lag: Math.max(0, head - position) }));
    for (let failures = 0; !signal.aborted; ) {
      try {
        const isMore = await copier.copyPage();
        failures = 0;
        if (!isMore) await bell.next(signal);
      } catch (error) {
        failures += 1;
        copier.forget();
        status = { ...status, error: error instanceof Error ? error.message : String(error) };
        logger?.warn({ err: error, service, failures }, 'the relay failed; it asks JetStream where it stands and goes on');
        await pause(backoffMs(failures), signal);
      }
    }
    bell.close();
    status = { leading: false, position: status.position, lag: status.lag };
  };

  const running = whileLeading({ databaseUrl, name: `citrus relay ${service}`, signal: stopping.signal, logger }, lead);
  return {
    lastCopied: async () => (await (await jetstreamManager(options.nats, { checkAPI: false, timeout: JETSTREAM_TIMEOUT_MS })).streams.info(eventsStreamOf(options.service))).state.last_seq,
    status: () => status,
    stop: async () => {
      stopping.abort();
      await running;
      if (!options.wakeUp) await wakeUp.stop();
    },
  };
};
