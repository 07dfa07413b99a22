const EVERY_MS = 25;

/**
 * Tries until the function stops throwing (and, if it gives a boolean, gives true), instead of sleeping.
 * @throws the last failure when the time is over
 */
export const eventually = async <T>(attempt: () => T | Promise<T>, { timeoutMs = 30_000 } = {}): Promise<T> => {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      const result = await attempt();
      if (result !== false) return result;
      if (Date.now() > deadline) throw new Error(`still false after ${timeoutMs} ms: ${attempt.toString().slice(0, 200)}`);
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
};
