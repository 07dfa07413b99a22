/**
 * Keeps all servers moving: takes what is due, a few side by side, and makes one step for each. Every replica runs one;
 * the leases share the work out, and the log decides where two overlap all the same.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { ServerId } from '@citrus/contracts';
import { Unavailable } from '@citrus/kit-domain';
import type { Logger } from '@citrus/kit-event-store';
import { ComeBackLater } from '../fleet-view/come-back-later.ts';
import { pauseAfterFailure } from './next-step.ts';
import type { Claimed, ServerWorkStore, Work } from './server-work.store.ts';
import { advanceServer, type ServerProcess } from './server.process.ts';

export type ServerLoop = { wake(): void; stop(): Promise<void> };
type Options = {
  readonly work: ServerWorkStore; readonly process: ServerProcess; readonly logger: Logger;
  /** Steps that are made side by side. */
  readonly concurrency?: number;
  /** Of these so many wait for a listing together with others, and keep nobody from working. */
  readonly parked?: { readonly count: number };
};

/** Short and renewed, so that a killed process holds nothing up for long. */
const LEASE_MS = 5000;
const RENEW_EVERY_MS = 1000;
const LONGEST_REST_MS = 1000;
const REST_WHEN_FULL_MS = 100;
const LONGEST_BREAK_MS = 50;
const MOST_PARKED = 500;
const NOTHING: Claimed = { work: [], msUntilDue: null };

export const startServerLoop = ({ work, process, logger, concurrency = 32, parked = { count: 0 } }: Options): ServerLoop => {
  const inFlight = new Map<ServerId, Promise<void>>();
  const stopping = new AbortController();
  let isWoken = true;
  let endRest = (): void => undefined;

  const advance = async (claimed: Work): Promise<void> => {
    const { serverId } = claimed;
    try {
      const { wakeAt, version } = await advanceServer(process, serverId);
      await work.settle({ serverId, seenVersion: version, wakeAt: wakeAt === null ? null : new Date(wakeAt) });
    } catch (error) {
      if (error instanceof ComeBackLater) await work.defer(serverId, claimed.version, error.retryAfterMs);
      else await postpone(claimed, error);
    }
  };

  const postpone = async (claimed: Work, error: unknown): Promise<void> => {
    const failures = claimed.failures + 1;
    const told = { event: 'server.step_failed', server_id: claimed.serverId, failures, err: error };
    if (error instanceof Unavailable) logger.warn(told, 'a step for a server has to wait');
    else logger.error(told, 'a step for a server failed; it is tried again');
    const withNewsMs = pauseAfterFailure(failures, process.policy, process.random());
    await work.postpone(claimed, { withNewsMs, afterMs: error instanceof Unavailable ? Math.max(withNewsMs, error.retryAfterMs) : withNewsMs });
  };

  /** Whatever goes wrong here ends with the lease: the row is then due again. */
  const track = (work: Work): void => {
    const step = advance(work)
      .catch((error: unknown) => logger.error({ event: 'server.step_unsettled', server_id: work.serverId, err: error }, 'the outcome of a step could not be noted; it is made again'))
      .finally(() => {
        inFlight.delete(work.serverId);
        wake();
      });
    inFlight.set(work.serverId, step);
  };

  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      endRest = () => {
        clearTimeout(timer);
        resolve();
      };
      if (isWoken || stopping.signal.aborted) endRest();
    });
  const wake = (): void => {
    isWoken = true;
    endRest();
  };

  const freeSlots = (): number => Math.min(concurrency - (inFlight.size - parked.count), MOST_PARKED - inFlight.size);
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      isWoken = false;
      let restMs = LONGEST_REST_MS;
      const lookedAt = performance.now();
      try {
        const free = freeSlots();
        const claimed = free > 0 ? await work.claim(free, LEASE_MS) : NOTHING;
        claimed.work.forEach(track);
        restMs = Math.min(restMs, Math.max(10, claimed.msUntilDue ?? restMs));
      } catch (error) {
        logger.warn({ event: 'server.claim_failed', err: error }, 'the servers that are due cannot be read; it is tried again');
      }
      const tookMs = performance.now() - lookedAt;
      await rest(freeSlots() > 0 ? restMs : REST_WHEN_FULL_MS);
      // The more servers wait, the longer a look takes, and the more steps are under way: then several may end before the next one.
      await pause(Math.min(Math.max(tookMs, inFlight.size), LONGEST_BREAK_MS));
    }
  };
  const renew = async (): Promise<void> => {
    try {
      if (inFlight.size > 0) await work.renew([...inFlight.keys()], LEASE_MS);
    } catch (error) {
      logger.warn({ event: 'server.renew_failed', err: error }, 'leases could not be renewed; another replica may make the same step, which harms nobody');
    }
  };
  const renewing = setInterval(() => void renew(), RENEW_EVERY_MS);
  const running = run();

  return {
    wake,
    stop: async () => {
      stopping.abort();
      wake();
      await running;
      await Promise.all(inFlight.values());
      clearInterval(renewing);
    },
  };
};
