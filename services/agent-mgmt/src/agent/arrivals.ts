/**
 * A new agent says hello as soon as auth has let it in, often before this service has heard of it. Whoever asks for it
 * here waits a moment instead of being sent away for a second. A hint and nothing more: what counts is the log.
 */
export type Arrivals = {
  /** It is in the log now. */
  tell(agentId: string): void;
  /** When it was told of, or after a while in case another replica was. */
  next(agentId: string, withinMs: number): Promise<void>;
};

export const createArrivals = (): Arrivals => {
  const waiting = new Map<string, Set<() => void>>();
  return {
    tell: (agentId) => waiting.get(agentId)?.forEach((end) => end()),
    next: (agentId, withinMs) =>
      new Promise((resolve) => {
        const ends = waiting.get(agentId) ?? new Set();
        const end = () => {
          clearTimeout(timer);
          ends.delete(end);
          if (ends.size === 0) waiting.delete(agentId);
          resolve();
        };
        const timer = setTimeout(end, withinMs);
        waiting.set(agentId, ends.add(end));
      }),
  };
};
