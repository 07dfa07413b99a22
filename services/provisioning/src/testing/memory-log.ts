/**
 * A log in memory with the manners that deciders rely on: expected versions, several streams or none, commands that come
 * twice. Only what the catalogue and the process managers use of a store.
 */
import type { DomainEvent, EventEnvelope } from '@citrus/contracts';
import type { Decider } from '@citrus/kit-domain';
import { StreamChanged, type AppendContext, type EventStore, type ExpectedVersion, type StreamAppend } from '@citrus/kit-event-store';

export type MemoryLog = Pick<EventStore, 'append' | 'appendAll' | 'load' | 'update' | 'head'> & { readonly events: readonly EventEnvelope[]; of(stream: string): readonly EventEnvelope[] };

const fits = (expected: ExpectedVersion, version: number): boolean => expected === 'any' || (expected === 'none' ? version === 0 : expected === 'exists' ? version > 0 : expected === version);

export const openMemoryLog = (now: () => number): MemoryLog => {
  const events: EventEnvelope[] = [];
  const streams = new Map<string, EventEnvelope[]>();
  const of = (stream: string) => streams.get(stream) ?? [];
  const put = ({ stream, events: made, projectId }: StreamAppend, context: AppendContext): { version: number; position: number; duplicate: boolean } => {
    const past = [...of(stream)];
    for (const { type, data, id } of made) {
      const envelope: EventEnvelope = {
        id: id ?? `event-${events.length + 1}`, type, version: 1, stream, streamVersion: past.length + 1, position: events.length + 1, at: new Date(now()).toISOString(),
        actor: context.actor, correlationId: context.correlationId, data: JSON.parse(JSON.stringify(data)) as Record<string, unknown>, ...((projectId ?? context.projectId) !== undefined && { projectId: projectId ?? context.projectId }),
      };
      past.push(envelope);
      events.push(envelope);
    }
    streams.set(stream, past);
    return { version: past.length, position: events.length, duplicate: false };
  };
  const appendAll: EventStore['appendAll'] = async (appends, context) => {
    for (const { stream, expected } of appends) if (!fits(expected, of(stream).length)) throw new StreamChanged(stream);
    return appends.map((append) => put(append, context));
  };
  return {
    events,
    of,
    appendAll,
    append: async ({ context, ...append }) => (await appendAll([append], context))[0] ?? { version: 0, position: 0, duplicate: false },
    load: async (stream) => ({ events: [...of(stream)], version: of(stream).length }),
    update: async <State, Event extends DomainEvent>(stream: string, decider: Pick<Decider<State, never, Event>, 'evolve' | 'initialState'>, decide: (state: State) => readonly Event[], context: AppendContext) => {
      const { evolve } = decider;
      const before = of(stream).reduce((state, event) => evolve(state, event as unknown as Event), decider.initialState);
      const made = decide(before);
      const { version, position } = made.length === 0 ? { version: of(stream).length, position: events.length } : put({ stream, expected: 'any', events: made }, context);
      return { state: made.reduce(evolve, before), events: made, version, position };
    },
    head: async () => events.length,
  };
};
