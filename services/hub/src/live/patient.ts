/** A live stream outlives a restart of the service that it reads from: it waits and asks again instead of breaking. */
import { Unavailable } from '@citrus/kit-domain';
import { pause } from './pause.ts';

export const patiently = async <T>(read: () => Promise<T>, signal: AbortSignal): Promise<T> => {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof Unavailable) || signal.aborted) throw error;
      await pause(error.retryAfterMs, signal);
    }
  }
};
