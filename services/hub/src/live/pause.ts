import { once } from 'node:events';

/** Waits, but not beyond an abort; either way it just returns. */
export const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return;
  const over = AbortSignal.timeout(ms);
  await once(AbortSignal.any([signal, over]), 'abort');
};
