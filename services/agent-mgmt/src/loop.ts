/** Work that is done again and again: when woken, and every so often in case a wake-up was lost. */
import type { Logger } from '@citrus/kit-messaging';

export type Loop = { start(): void; wake(): void; stop(): Promise<void> };
type LoopOptions = { readonly name: string; readonly everyMs: number; readonly logger: Logger; readonly work: () => Promise<void> };

/** A failure is told and the work tried again at the next turn; what it left undone stands in the database. */
export const createLoop = ({ name, everyMs, logger, work }: LoopOptions): Loop => {
  const stopping = new AbortController();
  let isWoken = true;
  let rouse = () => undefined as void;
  const rest = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, everyMs);
      rouse = () => {
        clearTimeout(timer);
        resolve();
      };
      if (isWoken) rouse();
    });
  const run = async () => {
    while (!stopping.signal.aborted) {
      isWoken = false;
      try {
        await work();
      } catch (error) {
        logger.error({ event: 'loop.failed', loop: name, err: error }, `${name} failed and is tried again`);
        isWoken = false;
      }
      if (!stopping.signal.aborted) await rest();
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
