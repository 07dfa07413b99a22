/**
 * A decision about several streams at once: what it needs is loaded, decided and appended in one commit, each stream at
 * the version that was read. If another one was quicker with any of them, all is read and decided anew.
 */
import { fold, Unavailable, type Decider } from '@citrus/kit-domain';
import { StreamChanged, type AppendContext, type EventStore, type StreamAppend } from '@citrus/kit-event-store';

const TRIES = 20;

export const loadState = async <State, Event>(store: Pick<EventStore, 'load'>, stream: string, decider: Pick<Decider<State, never, Event>, 'evolve' | 'initialState'>): Promise<{ state: State; version: number }> => {
  const { events, version } = await store.load(stream);
  return { state: fold(decider, events as unknown as Event[]), version };
};

/** `decide` gives the appends, those without events are left out, and what it wants to know again once they are committed. */
export const appendTogether = async <Result>(store: EventStore, context: () => AppendContext, decide: () => Promise<{ readonly appends: readonly StreamAppend[]; readonly result: Result }>): Promise<Result> => {
  for (let tries = 1; ; tries += 1) {
    const { appends, result } = await decide();
    const changes = appends.filter(({ events }) => events.length > 0);
    if (changes.length === 0) return result;
    try {
      await store.appendAll(changes, context());
      return result;
    } catch (error) {
      if (!(error instanceof StreamChanged)) throw error;
      if (tries === TRIES) throw new Unavailable('Others change the same things at the moment. Try again soon.', { cause: error });
    }
  }
};
