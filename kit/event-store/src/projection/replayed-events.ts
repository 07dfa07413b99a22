/** A replayed event as folds know events, still decoded only where a fold looks. */
import type { EventEnvelope } from '@citrus/contracts';
import type { EventStore } from '../event-store.port.ts';
import type { ReplayedEvent } from '../replay/replayed-event.ts';

class LazyEnvelope implements EventEnvelope {
  readonly #event: ReplayedEvent;
  constructor(event: ReplayedEvent) {
    this.#event = event;
  }
  get id() { return this.#event.id; }
  get type() { return this.#event.type; }
  get version() { return this.#event.schemaVersion; }
  get stream() { return this.#event.stream; }
  get streamVersion() { return this.#event.version; }
  get position() { return this.#event.position; }
  get at() { return this.#event.recordedAt.toISOString(); }
  get actor() { return this.#event.meta.actor; }
  get projectId() { return this.#event.projectId; }
  get causationId() { return this.#event.meta.causationId; }
  get correlationId() { return this.#event.meta.correlationId; }
  get traceparent() { return this.#event.meta.traceparent; }
  get data() { return this.#event.data; }
}

/** In their types' current shapes; few types have old ones, so it is asked once for each. @throws NewerEvent */
export const createReplayReader = ({ upcast }: Pick<EventStore, 'upcast'>): ((events: readonly ReplayedEvent[]) => readonly EventEnvelope[]) => {
  const isCurrent = new Map<string, boolean>();
  const read = (event: ReplayedEvent): EventEnvelope => {
    const shape = `${event.type} ${event.schemaVersion}`;
    if (isCurrent.get(shape)) return new LazyEnvelope(event);
    const envelope = event.envelope();
    const current = upcast(envelope);
    isCurrent.set(shape, current === envelope);
    return current;
  };
  return (events) => events.map(read);
};
