/**
 * A pause between two pages while the log grows all the time: a page costs about the same however many events it has. What
 * comes alone is applied at once, and whoever waits for a position ends the rest.
 */
export type Rest = {
  /** Until this moment of `performance.now()`, unless somebody waits or everything stops. */
  until(moment: number, signal: AbortSignal): Promise<void>;
  /** Somebody waits now. */
  end(): void;
};

export const createRest = (isAwaited: () => boolean): Rest => {
  let end = (): void => undefined;
  return {
    until: (moment, signal) =>
      new Promise((resolve) => {
        const leftMs = moment - performance.now();
        if (leftMs <= 0 || signal.aborted || isAwaited()) return resolve();
        end = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
          resolve();
        };
        const timer = setTimeout(end, leftMs);
        signal.addEventListener('abort', end);
      }),
    end: () => end(),
  };
};
