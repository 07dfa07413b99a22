/** A replayed event as folds know events, still decoded only where a fold looks. */
import type { EventEnvelope } from '@citrus/contracts';
import type { EventStore } from '../event-store.port.ts';
import type { ReplayedEvent } from '../replay/replayed-event.ts';

/** Events that were appended together have the same time, and its text is the dearest part of an event. */
const createTimes = () => {
  let [micros, text] = [NaN, ''];
  return (event: ReplayedEvent): string => {
    const { recordedAtMicros } = event;
    if (recordedAtMicros !== micros) [micros, text] = [recordedAtMicros, event.recordedAt.toISOString()];
    return text;
  };
};

class LazyEnvelope implements EventEnvelope {
  readonly type: string;
  readonly #event: ReplayedEvent;
  readonly #timeOf: (event: ReplayedEvent) => string;
  constructor(event: ReplayedEvent, type: string, timeOf: (event: ReplayedEvent) => string) {
    this.type = type;
    this.#event = event;
    this.#timeOf = timeOf;
  }
  get id() { return this.#event.id; }
  get version() { return this.#event.schemaVersion; }
  get stream() { return this.#event.stream; }
  get streamVersion() { return this.#event.version; }
  get position() { return this.#event.position; }
  get at() { return this.#timeOf(this.#event); }
  get actor() { return this.#event.meta.actor; }
  get projectId() { return this.#event.projectId; }
  get causationId() { return this.#event.meta.causationId; }
  get correlationId() { return this.#event.meta.correlationId; }
  get traceparent() { return this.#event.meta.traceparent; }
  get data() { return this.#event.data; }
}

/** In their types' current shapes; few types have old ones, so each is asked about once. @throws NewerEvent */
export const createReplayReader = ({ upcast }: Pick<EventStore, 'upcast'>): ((events: readonly ReplayedEvent[]) => readonly EventEnvelope[]) => {
  const timeOf = createTimes();
  const currentOf = new Map<string, number>();
  const read = (event: ReplayedEvent): EventEnvelope => {
    const { type } = event;
    if (currentOf.get(type) === event.schemaVersion) return new LazyEnvelope(event, type, timeOf);
    const envelope = event.envelope();
    const current = upcast(envelope);
    if (current === envelope) currentOf.set(type, event.schemaVersion);
    return current;
  };
  return (events) => events.map(read);
};
