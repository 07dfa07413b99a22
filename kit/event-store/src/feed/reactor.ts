/**
 * What a feed does with one event: hands it over, again after a while if that failed, parks it if that is hopeless, and
 * then moves the checkpoint. It may see an event twice (a crash before the checkpoint moved), so `handle` is idempotent.
 */
import type { EventEnvelope } from '@citrus/contracts';
import { settlementFor } from '@citrus/kit-domain';
import type { Kysely } from 'kysely';
import { pause } from '../database/pause.ts';
import type { Logger } from '../event-store.port.ts';
import { createCheckpoint, readCheckpoint } from '../projection/checkpoint.store.ts';
import { advance } from './feed-checkpoint.store.ts';
import { countParked, park, readParked, unpark } from './parking.store.ts';
import { readPause } from './pauses.store.ts';

/** A pause that another process asked for is noticed after this time at the latest. */
const PAUSE_KNOWN_FOR_MS = 250;

type Parts<Database> = { readonly db: Kysely<Database>; readonly consumer: string; readonly handle: (event: EventEnvelope) => Promise<void>; readonly logger?: Logger | undefined };

export const createReactor = <Database>({ db, consumer, handle, logger }: Parts<Database>) => {
  const checkpoint = { name: consumer, version: 1 };
  let pauseReadAt = 0;
  const reactor = {
    position: 0,
    parked: 0,
    /** Why it was told to stop; it takes no event until it is told to go on. */
    paused: undefined as string | undefined,
    /** Why the event at hand is being tried again. */
    error: undefined as string | undefined,

    start: async (): Promise<void> => {
      await createCheckpoint(db, checkpoint);
      reactor.position = await readCheckpoint(db, checkpoint);
      reactor.parked = await countParked(db, consumer);
      await reactor.readPause();
    },

    /** Whether it is paused, as the database says now. */
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

    /**
     * False when it is paused: the event was left alone.
     * @throws when the checkpoint was moved by somebody else
     */
    take: async (event: EventEnvelope, signal: AbortSignal): Promise<boolean> => {
      const isKnown = reactor.paused === undefined && performance.now() - pauseReadAt < PAUSE_KNOWN_FOR_MS;
      if (!isKnown && (await reactor.readPause())) return false;
      const reason = await reactor.attempt(event, signal);
      const step = { from: reactor.position, to: event.position };
      const move = async (on: Kysely<Database>): Promise<string | null> => {
        const { moved, paused } = await advance(on, consumer, step);
        if (!moved) throw new Error(`another replica reads for ${consumer}`);
        return paused;
      };
      const parkAndMove = async (trx: Kysely<Database>) => (await park(trx, consumer, event, reason ?? ''), move(trx));
      reactor.paused = (reason === undefined ? await move(db) : await db.transaction().execute(parkAndMove)) ?? undefined;
      reactor.position = event.position;
      reactor.error = undefined;
      pauseReadAt = performance.now();
      if (reason !== undefined) reactor.parked += 1;
      return true;
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
