/**
 * Work that is done again and again: when woken, and every so often in case a wake-up was lost. Whoever is alone is served
 * at once; while there is much to do a turn waits for as long as the last one took, so that it finds more at once.
 */
import type { Logger } from '@citrus/kit-messaging';

export type Loop = { start(): void; wake(): void; stop(): Promise<void> };
type LoopOptions = { readonly name: string; readonly everyMs: number; readonly logger: Logger; readonly work: () => Promise<void> };

/** Whatever a turn takes, the next one is not put off for longer. */
const MOST_GATHERING_MS = 200;

/** A failure is told and the work tried again at the next turn; what it left undone stands in the database. */
export const createLoop = ({ name, everyMs, logger, work }: LoopOptions): Loop => {
  const stopping = new AbortController();
  let isWoken = true;
  let rouse = () => undefined as void;
  /** @param gatherMs how long nobody may rouse it */
  const rest = (gatherMs: number) =>
    new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        clearTimeout(gathering);
        resolve();
      };
      const timer = setTimeout(end, Math.max(everyMs, gatherMs));
      const gathering = setTimeout(() => {
        rouse = end;
        if (isWoken) end();
      }, gatherMs);
      rouse = () => (stopping.signal.aborted ? end() : undefined);
    });
  const run = async () => {
    while (!stopping.signal.aborted) {
      const beganAt = performance.now();
      isWoken = false;
      try {
        await work();
      } catch (error) {
        logger.error({ event: 'loop.failed', loop: name, err: error }, `${name} failed and is tried again`);
        isWoken = false;
      }
      if (!stopping.signal.aborted) await rest(Math.min(performance.now() - beganAt, MOST_GATHERING_MS));
    }
  };
  const wake = () => {
    isWoken = true;
    rouse();
  };
  let running = Promise.resolve();
  return {
    start: () => {
      running = run();
    },
    wake,
    stop: async () => {
      stopping.abort();
      wake();
      await running;
    },
  };
};
