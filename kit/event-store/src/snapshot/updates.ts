/** Load, decide, append: from the newest snapshot where the decider declares that it takes some. */
import type { DomainEvent, EventEnvelope } from '@citrus/contracts';
import { fold, Refusal, Unavailable, type Decider, type SnapshotRule } from '@citrus/kit-domain';
import type { Pool } from 'pg';
import { StreamChanged } from '../errors.ts';
import type { AppendContext, EventStore, Known, Logger, UpdateResult } from '../event-store.port.ts';
import type { LoadedEvent } from '../read/read.store.ts';
import { readSnapshot, writeSnapshot, type Snapshot } from './snapshot.store.ts';

const TRIES_AT_A_BUSY_STREAM = 20;

type Folding<State, Event> = Pick<Decider<State, never, Event>, 'evolve' | 'initialState' | 'snapshot'>;
/** `done` are the events of the command, if it was carried out before; `since` counts the events after the snapshot. */
type Loaded<State, Event> = { readonly state: State; readonly version: number; readonly position: number; readonly since: number; readonly done: readonly EventEnvelope[]; readonly ofDone: readonly Event[] };

type Parts = {
  readonly pool: Pool;
  readonly append: EventStore['append'];
  /** The stream's events after this version, in their current shapes. */
  readonly load: (stream: string, after: number) => Promise<readonly LoadedEvent[]>;
  readonly reached: <T>(doing: string, work: () => Promise<T>) => Promise<T>;
  readonly logger?: Logger | undefined;
};

/** The stream belongs to the decider, so its events are the decider's. */
const domainEventsOf = <Event extends DomainEvent>(envelopes: readonly EventEnvelope[]): Event[] => envelopes.map(({ type, data }) => ({ type, data }) as unknown as Event);

const loadState = async <State, Event extends DomainEvent>({ pool, load, reached }: Parts, { stream, decider, commandId }: { stream: string; decider: Folding<State, Event>; commandId: string }): Promise<Loaded<State, Event>> => {
  const { snapshot: rule } = decider;
  const snapshot = rule && (await reached('reading', () => readSnapshot(pool, { stream, rule, commandId })));
  // A command that was carried out needs its events, wherever they are.
  const from = snapshot && !snapshot.wasCarriedOut ? snapshot : { state: decider.initialState, version: 0, position: 0 };
  const loaded = await load(stream, from.version);
  const state = fold({ ...decider, initialState: from.state as State }, domainEventsOf<Event>(loaded.map(({ event }) => event)));
  const last = loaded.at(-1)?.event;
  const done = loaded.filter((each) => each.commandId === commandId).map(({ event }) => event);
  return { state, version: last?.streamVersion ?? from.version, position: last?.position ?? from.position, since: loaded.length, done, ofDone: domainEventsOf<Event>(done) };
};

export const createUpdate = (parts: Parts): EventStore['update'] => {
  /** After the append and apart from it; without it the next load is longer and nothing else. */
  const keepSnapshot = async (stream: string, rule: SnapshotRule, snapshot: Snapshot): Promise<void> => {
    try {
      await writeSnapshot(parts.pool, { stream, rule, snapshot });
    } catch (error) {
      parts.logger?.warn({ err: error, stream }, 'a snapshot could not be written');
    }
  };

  const updateOnce = async <State, Event extends DomainEvent>(stream: string, decider: Folding<State, Event>, decide: (state: State) => readonly Event[], context: AppendContext): Promise<UpdateResult<State, Event>> => {
    const { state, version, position, since, done, ofDone } = await loadState<State, Event>(parts, { stream, decider, commandId: context.commandId });
    const lastDone = done.at(-1);
    if (lastDone) return { state, events: ofDone, version: lastDone.streamVersion, position: lastDone.position };
    const events = decide(state);
    if (events.length === 0) return { state, events, version, position };
    const { duplicate, ...result } = await parts.append({ stream, expected: version, events, context });
    // Somebody carried out the same command between our load and our append: start again and find its events.
    if (duplicate) throw new StreamChanged(stream);
    const after = { state: fold({ ...decider, initialState: state }, events), ...result };
    if (decider.snapshot && since + events.length >= decider.snapshot.every) await keepSnapshot(stream, decider.snapshot, after);
    return { ...after, events };
  };

  /** Undefined: what is known is old, or says that there is nothing to do, which only the log itself may say. */
  const updateKnown = async <State, Event extends DomainEvent>({ state, version }: Known<State>, stream: string, decider: Folding<State, Event>, { decide, context }: { decide: (state: State) => readonly Event[]; context: AppendContext }): Promise<UpdateResult<State, Event> | undefined> => {
    try {
      const events = decide(state);
      if (events.length === 0) return undefined;
      const { duplicate, ...result } = await parts.append({ stream, expected: version, events, context });
      if (duplicate) return undefined;
      const after = { state: fold({ ...decider, initialState: state }, events), ...result };
      const { snapshot: rule } = decider;
      if (rule && Math.floor(version / rule.every) < Math.floor(after.version / rule.every)) await keepSnapshot(stream, rule, after);
      return { ...after, events };
    } catch (error) {
      if (error instanceof StreamChanged || error instanceof Refusal) return undefined;
      throw error;
    }
  };

  return async (stream, decider, decide, { known, ...context }) => {
    const done = known && (await updateKnown(known, stream, decider, { decide, context }));
    if (done) return done;
    for (let tries = 1; ; tries += 1) {
      try {
        return await updateOnce(stream, decider, decide, context);
      } catch (error) {
        if (!(error instanceof StreamChanged)) throw error;
        if (tries === TRIES_AT_A_BUSY_STREAM) throw new Unavailable(`${stream} changes too often at the moment`, { cause: error });
      }
    }
  };
};
