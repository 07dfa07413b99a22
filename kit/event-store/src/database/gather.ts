/**
 * Calls that are asked for at the same time go together: a few are in flight, and whatever is asked meanwhile goes along
 * with the next. No timers: whoever is alone waits for nobody. A value that PostgreSQL refuses is its caller's own matter.
 */
export type Gathering = {
  /** Calls under way at once; more than one, so that a long one does not hold up the others. */
  readonly inFlight?: number;
  readonly most?: number;
};

type Waiting<Item, Result> = { readonly item: Item; readonly resolve: (result: Result) => void; readonly reject: (error: unknown) => void };

/** SQLSTATEs of class 22 are about a value, and their statement did nothing: one of those who asked is to blame. */
const isAboutAValue = (error: unknown): boolean => error instanceof Error && 'code' in error && /^22[0-9A-Z]{3}$/.test(String(error.code));

/** @param send gives a result for every item, in their order */
export const gather = <Item, Result>(send: (items: readonly Item[]) => Promise<readonly Result[]>, { inFlight = 1, most = 256 }: Gathering = {}): ((item: Item) => Promise<Result>) => {
  let queue: Waiting<Item, Result>[] = [];
  let under = 0;

  const sendSome = async (some: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await send(some.map(({ item }) => item));
      if (results.length !== some.length) throw new Error(`${some.length} were asked for together, and ${results.length} answered`);
      some.forEach(({ resolve }, index) => resolve(results[index] as Result));
    } catch (error) {
      if (some.length === 1 || !isAboutAValue(error)) return some.forEach(({ reject }) => reject(error));
      const half = Math.ceil(some.length / 2);
      await sendSome(some.slice(0, half));
      await sendSome(some.slice(half));
    }
  };

  const drain = async (): Promise<void> => {
    if (under >= inFlight) return;
    under += 1;
    // Whoever asks in the same moment goes along.
    await Promise.resolve();
    while (queue.length > 0) {
      const some = queue.slice(0, most);
      queue = queue.slice(most);
      await sendSome(some);
    }
    under -= 1;
  };

  return (item) =>
    new Promise((resolve, reject) => {
      queue.push({ item, resolve, reject });
      void drain();
    });
};
