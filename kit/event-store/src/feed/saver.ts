/**
 * Brings a feed's checkpoint after its events: shortly after the first that it does not stand behind yet, once for all until
 * then, and in the same moment as the other feeds of the process, which then share the statement.
 */
type Saved = { save(): Promise<void> };

/** What a crash has handled again at most. Shorter than a pause may go unnoticed: saving tells of pauses too. */
const SAVE_WITHIN_MS = 200;

/** @param onLost the checkpoint could not be moved; `end` says why */
export const createSaver = (reactor: Saved, onLost: () => void) => {
  let timer: NodeJS.Timeout | undefined;
  let failure: { readonly reason: unknown } | undefined;
  const save = async (): Promise<void> => {
    timer = undefined;
    try {
      await reactor.save();
    } catch (reason) {
      failure ??= { reason };
      onLost();
    }
  };
  return {
    soon: (): void => {
      timer ??= setTimeout(() => void save(), SAVE_WITHIN_MS - (performance.now() % SAVE_WITHIN_MS));
    },
    /** Saves what is left. @throws what kept it from saving */
    end: async (): Promise<void> => {
      clearTimeout(timer);
      if (!failure) await save();
      if (failure) throw failure.reason;
    },
  };
};
