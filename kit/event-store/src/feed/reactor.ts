/**
 * What a feed does with one event: hands it over, again after a while if that failed, and parks it if that is hopeless. The
 * checkpoint follows a moment later, once for all events of that moment. A crash before that means that they are seen
 * twice, so `handle` is idempotent.
 */
import type { EventEnvelope } from '@citrus/contracts';
import { settlementFor } from '@citrus/kit-domain';
import type { Kysely } from 'kysely';
import { pause } from '../database/pause.ts';
import type { Logger } from '../event-store.port.ts';
import { createCheckpoint, readCheckpoint } from '../projection/checkpoint.store.ts';
import { advance, advanceAll, type Advanced } from './feed-checkpoint.store.ts';
import { countParked, park, readParked, unpark } from './parking.store.ts';
import { readPause } from './pauses.store.ts';

/** A pause that another process asked for is noticed after this time at the latest. */
const PAUSE_KNOWN_FOR_MS = 250;

type Parts<Database> = {
  readonly db: Kysely<Database>; readonly consumer: string; readonly logger?: Logger | undefined;
  readonly handle: (event: EventEnvelope) => Promise<void>;
  /** Those that came together. What it did when it throws, `handle` does not do twice. */
  readonly handleAll?: ((events: readonly EventEnvelope[]) => Promise<void>) | undefined;
};

export const createReactor = <Database>({ db, consumer, handle, handleAll, logger }: Parts<Database>) => {
  const checkpoint = { name: consumer, version: 1 };
  let pauseReadAt = 0;
  /** Where the checkpoint stands. */
  let saved = 0;
  let saving: Promise<void> = Promise.resolve();

  /** @throws when somebody else has moved the checkpoint */
  const hasMoved = ({ moved, paused }: Advanced = { moved: false, paused: null }): void => {
    if (!moved) throw new Error(`another replica reads for ${consumer}`);
    reactor.paused = paused ?? undefined;
    pauseReadAt = performance.now();
  };
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    // Whoever asked for the one before has heard how it ended.
    saving = saving.catch(() => undefined).then(work);
    return saving;
  };

  const reactor = {
    position: 0,
    parked: 0,
    /** Why it was told to stop; it takes no event until it is told to go on. */
    paused: undefined as string | undefined,
    /** Why the event at hand is being tried again. */
    error: undefined as string | undefined,

    start: async (): Promise<void> => {
      await createCheckpoint(db, checkpoint);
      reactor.position = saved = await readCheckpoint(db, checkpoint);
      reactor.parked = await countParked(db, consumer);
      await reactor.readPause();
    },

    /** Whether it is paused, as the database said a moment ago; a feed at work hears of it whenever it saves. */
    isPaused: async (): Promise<boolean> => {
      const isKnown = reactor.paused === undefined && performance.now() - pauseReadAt < PAUSE_KNOWN_FOR_MS;
      return !isKnown && (await reactor.readPause());
    },

    /** The same, as the database says now. */
    readPause: async (): Promise<boolean> => {
      reactor.paused = (await readPause(db, consumer))?.reason;
      pauseReadAt = performance.now();
      return reactor.paused !== undefined;
    },

    /** Undefined when it was handled, else why it must be parked. */
    attempt: async (event: EventEnvelope, signal: AbortSignal): Promise<string | undefined> => {
      if (reactor.parked > 0 && (await countParked(db, consumer, event.stream)) > 0) return 'waits behind an earlier event of its stream';
      for (let tries = 1; ; tries += 1) {
        try {
          await handle(event);
          reactor.error = undefined;
          return undefined;
        } catch (error) {
          const settlement = settlementFor(error, tries);
          logger?.error({ err: error, consumer, position: event.position, type: event.type, tries, settlement }, 'an event could not be handled');
          if (settlement.type === 'park') return settlement.reason;
          reactor.error = error instanceof Error ? error.message : String(error);
          await pause(settlement.afterMs, signal);
          if (signal.aborted) throw error;
        }
      }
    },

    /** Brings the checkpoint to where the reactor stands. @throws when it was moved by somebody else */
    save: (): Promise<void> =>
      inTurn(async () => {
        const to = reactor.position;
        if (to === saved) return;
        hasMoved(await advance(db, { consumer, from: saved, to }));
        saved = to;
      }),

    /** False when it is paused: the event was left alone. */
    take: async (event: EventEnvelope, signal: AbortSignal): Promise<boolean> => {
      if (await reactor.isPaused()) return false;
      const reason = await reactor.attempt(event, signal);
      if (reason !== undefined) await reactor.park(event, reason);
      reactor.position = event.position;
      reactor.error = undefined;
      return true;
    },

    /** Those that came together; each by itself when they cannot be handled so. False as of `take`. */
    takeAll: async (events: readonly EventEnvelope[], signal: AbortSignal): Promise<boolean> => {
      const last = events.at(-1);
      if (handleAll && last && reactor.parked === 0) {
        if (await reactor.isPaused()) return false;
        try {
          await handleAll(events);
          reactor.position = last.position;
          reactor.error = undefined;
          return true;
        } catch (error) {
          logger?.warn({ err: error, consumer, from: events[0]?.position, to: last.position }, 'events that came together could not be handled so; each is by itself');
        }
      }
      for (const event of events) if (signal.aborted || !(await reactor.take(event, signal))) return false;
      return true;
    },

    /** Together with the checkpoint: what is parked was seen. */
    park: (event: EventEnvelope, reason: string): Promise<void> =>
      inTurn(async () => {
        await db.transaction().execute(async (trx) => {
          await park(trx, consumer, event, reason);
          hasMoved((await advanceAll(trx, [{ consumer, from: saved, to: event.position }]))[0]);
        });
        saved = event.position;
        reactor.parked += 1;
      }),

    /** Another replica may have taken some up, or somebody skipped one. */
    countAgain: async (): Promise<void> => {
      if (reactor.parked > 0) reactor.parked = await countParked(db, consumer);
    },

    /** Tries the parked events again, in order; a stream stops at its first failure. Gives how many are left. */
    retryParked: async (): Promise<number> => {
      const stuck = new Set<string>();
      for (const event of await readParked(db, consumer)) {
        if (stuck.has(event.stream)) continue;
        try {
          await handle(event);
          await unpark(db, consumer, event.position);
        } catch (error) {
          stuck.add(event.stream);
          logger?.error({ err: error, consumer, position: event.position }, 'a parked event failed again');
        }
      }
      return (reactor.parked = await countParked(db, consumer));
    },
  };
  return reactor;
};
