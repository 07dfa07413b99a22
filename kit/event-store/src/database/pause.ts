/** Waits that a stop ends at once, and how long to wait after the n-th failure in a row. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });

export const backoffMs = (failures: number): number => Math.min(5000, 50 * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2);
