/** What goes on without us: told when somebody stops the command while it only waits. */

let words: string | undefined;

/** While the work runs, Ctrl-C says this: what was asked for goes on, and how to end it if that is what is wanted. */
export const meanwhile = async <T>(text: string, work: () => Promise<T>): Promise<T> => {
  const before = words;
  words = text;
  try {
    return await work();
  } finally {
    words = before;
  }
};

/** Undefined when nothing is left behind. */
export const wordsOnInterrupt = (): string | undefined => words;
