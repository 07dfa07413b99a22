/**
 * Old shapes of events, made new when they are read. Each type has a current version and one pure step from every
 * older version to the next; the steps are composed once, when the log is opened, and a missing one stops the start.
 * Nobody but this file knows that there were older shapes.
 */
import type { EventEnvelope } from '@citrus/contracts';

export type EventData = Readonly<Record<string, unknown>>;
/** From version n to n + 1. Pure and total: an event that was once accepted must still be readable. */
export type Upcast = (data: EventData) => EventData;

/** By event type; a type that is not listed has version 1 and no older shapes. */
export type EventVersions = Readonly<Record<string, { readonly current: number; readonly upcasts: Readonly<Record<number, Upcast>> }>>;

/** Written by a newer release than this one: whoever reads it waits. */
export class NewerEvent extends Error {
  override readonly name = 'NewerEvent';
  constructor(event: Pick<EventEnvelope, 'type' | 'version' | 'position'>, known: number) {
    super(`${event.type} at position ${event.position} is of version ${event.version}; this release knows up to ${known} and waits for its successor`);
  }
}

export type Upcaster = {
  /** The version that new events of this type are written in. */
  currentOf(type: string): number;
  /**
   * The event in its type's current shape.
   * @throws NewerEvent
   */
  upcast(event: EventEnvelope): EventEnvelope;
};

/** @throws Error when a step is missing or goes nowhere */
export const createUpcaster = (versions: EventVersions = {}): Upcaster => {
  const steps = new Map(Object.entries(versions).map(([type, { current, upcasts }]) => [type, { current, upcasts: stepsOf(type, current, upcasts) }]));
  const currentOf = (type: string): number => steps.get(type)?.current ?? 1;
  return {
    currentOf,
    upcast: (event) => {
      const current = currentOf(event.type);
      if (event.version === current) return event;
      if (event.version > current) throw new NewerEvent(event, current);
      const data = (steps.get(event.type)?.upcasts ?? []).slice(event.version - 1).reduce((older, step) => step(older), event.data);
      return { ...event, version: current, data };
    },
  };
};

const stepsOf = (type: string, current: number, upcasts: Readonly<Record<number, Upcast>>): Upcast[] => {
  const needless = Object.keys(upcasts).find((from) => !(Number(from) >= 1 && Number(from) < current));
  if (needless !== undefined) throw new Error(`${type} has an upcast from version ${needless}, but its versions are 1 to ${current}`);
  return Array.from({ length: current - 1 }, (_, index) => {
    const step = upcasts[index + 1];
    if (!step) throw new Error(`${type} has no upcast from version ${index + 1} to ${index + 2}`);
    return step;
  });
};
