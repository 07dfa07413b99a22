/**
 * Tells readers of the log that there may be something new: when the log says so (NOTIFY), after every reconnect, and
 * once a second whatever happens. It carries no data; a lost or a needless wake-up harms nobody.
 */
import { once } from 'node:events';
import { withOwnConnection } from './connection.ts';
import type { Logger } from '../event-store.port.ts';

const POLL_EVERY_MS = 1000;

/** One reader's bell: a ring while it is busy is kept until it asks. */
export type Bell = { next(signal: AbortSignal): Promise<void>; /** By whoever knows of news of another kind. */ ring(): void; close(): void };
export type WakeUp = { subscribe(): Bell; stop(): Promise<void> };

const createBell = (bells: Set<Bell>): Bell => {
  let hasRung = false;
  let answer = (): void => undefined;
  const bell: Bell = {
    ring: () => {
      hasRung = true;
      answer();
    },
    next: async (signal) => {
      if (!hasRung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const end = () => {
            clearTimeout(timer);
            signal.removeEventListener('abort', end);
            resolve();
          };
          const timer = setTimeout(end, POLL_EVERY_MS);
          signal.addEventListener('abort', end);
          answer = end;
        });
      }
      hasRung = false;
    },
    close: () => void bells.delete(bell),
  };
  return bell;
};

export const startWakeUp = ({ databaseUrl, logger }: { databaseUrl: string; logger?: Logger | undefined }): WakeUp => {
  const stopping = new AbortController();
  const bells = new Set<Bell>();
  const ring = () => bells.forEach((bell) => bell.ring());
  const listening = withOwnConnection({ databaseUrl, name: 'citrus wake-up', signal: stopping.signal, logger }, async (client, signal) => {
    client.on('notification', ring);
    await client.query('listen event_log');
    ring();
    if (!signal.aborted) await once(signal, 'abort');
  });
  return {
    subscribe: () => {
      const bell = createBell(bells);
      bells.add(bell);
      return bell;
    },
    stop: async () => {
      stopping.abort();
      await listening;
    },
  };
};
