/**
 * Keeps `event_links` up to date behind the log's head, one set-based statement a page. It is no read model of the
 * service: it holds no payload, every log has the same, and whoever reads it looks at the last few events as well.
 */
import type { Kysely } from 'kysely';
import { backoffMs, pause } from '../database/pause.ts';
import type { WakeUp } from '../database/wake-up.ts';
import type { Logger } from '../event-store.port.ts';
import { createCheckpoint } from '../projection/checkpoint.store.ts';
import { LINKS, linkPage } from './links.store.ts';

export type LinkKeeper = { position(): number; stop(): Promise<void> };

const PAGE = 5000;
/** Readers look at the newest events by themselves, so a page may gather a while: it costs six statements, however few its events are. */
const GATHER_MS = 1000;

export const startLinkKeeper = <Database>({ db, wakeUp, logger }: { db: Kysely<Database>; wakeUp: WakeUp; logger?: Logger | undefined }): LinkKeeper => {
  const stopping = new AbortController();
  const { signal } = stopping;
  let position = 0;

  const catchUp = async (): Promise<void> => {
    let head = 0;
    do ({ position, head } = await linkPage(db, PAGE));
    while (position < head && !signal.aborted);
  };

  const run = async (): Promise<void> => {
    const bell = wakeUp.subscribe();
    let isPrepared = false;
    for (let failures = 0; !signal.aborted; ) {
      try {
        if (!isPrepared) await createCheckpoint(db, LINKS);
        isPrepared = true;
        await catchUp();
        failures = 0;
        await pause(GATHER_MS, signal);
        await bell.next(signal);
      } catch (error) {
        failures += 1;
        logger?.error({ err: error, position, failures }, 'the events could not be linked to their causes; it is tried again');
        await pause(backoffMs(failures), signal);
      }
    }
    bell.close();
  };
  const running = run();
  return {
    position: () => position,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
