import type { Logger } from '@citrus/kit-messaging';

export type Repeated = { stop(): Promise<void> };

/** Does the work again and again, never twice at the same time, and once more when it stops. A failure is told and tried again. */
export const every = (intervalMs: number, work: () => Promise<void>, logger: Logger): Repeated => {
  let isBusy = false;
  let running = Promise.resolve();
  const attempt = async (): Promise<void> => {
    isBusy = true;
    try {
      await work();
    } catch (error) {
      logger.error({ event: 'work.failed', err: error }, 'repeated work failed and is tried again');
    }
    isBusy = false;
  };
  const timer = setInterval(() => {
    if (!isBusy) running = attempt();
  }, intervalMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
      await attempt();
    },
  };
};
