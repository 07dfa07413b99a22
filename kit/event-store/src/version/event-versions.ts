/**
 * Old shapes of events, made new when they are read. Each type has a current version and one pure step from every
 * older version to the next; the steps are put together once, when the log is opened, and a missing one stops the
 * start. The log, its JetStream copies and `log.read` keep every event as it was written, so each reader does this for
 * itself, and nobody behind this file knows that there were older shapes.
 */
import type { EventEnvelope } from '@citrus/contracts';
import { ContractViolation, Unavailable } from '@citrus/kit-domain';

export type EventData = Readonly<Record<string, unknown>>;
/** From version n to n + 1. Pure and total: an event that was once accepted must still be readable. */
export type Upcast = (data: EventData) => EventData;

/** By event type. A type that is not listed is of no concern to the reader and is left as it is. */
export type EventVersions = Readonly<Record<string, { readonly current: number; readonly upcasts: Readonly<Record<number, Upcast>> }>>;

/** Written by a newer release than this one: whoever reads it waits, and a person is told to try again soon. */
export class NewerEvent extends Unavailable {
  constructor({ type, version, position }: Pick<EventEnvelope, 'type' | 'version' | 'position'>, known: number) {
    super(`${type} at position ${position} is of version ${version}, and this release knows ${known === 0 ? 'no such event' : `up to ${known}`}; it waits for its successor`);
  }
}

export type Upcaster = {
  /** The version that a new event is written in. @throws ContractViolation when it is another one, or the type is not listed though others are */
  readonly versionToWrite: (event: { readonly type: string; readonly version?: number }) => number;
  /** The event in its type's current shape. @throws NewerEvent */
  readonly upcast: (event: EventEnvelope) => EventEnvelope;
  /** For deciders, who must not overlook anything in their streams: also a type that is not listed is a newer one. @throws NewerEvent */
  readonly upcastOwn: (event: EventEnvelope) => EventEnvelope;
  /** For people, who rather see a newer event as it is stored than none. */
  readonly upcastIfKnown: (event: EventEnvelope) => EventEnvelope;
};

/** Told whenever an old shape was read, e.g. to count how many there still are. */
export type OnUpcast = (event: Pick<EventEnvelope, 'type' | 'version'>) => void;

/** @throws Error when a step is missing or goes nowhere */
export const createUpcaster = (versions: EventVersions = {}, onUpcast?: OnUpcast): Upcaster => {
  const steps = new Map(Object.entries(versions).map(([type, { current, upcasts }]) => [type, stepsOf(type, current, upcasts)]));
  const currentOf = (type: string): number | undefined => {
    const older = steps.get(type);
    return older && older.length + 1;
  };
  const upcast = (event: EventEnvelope): EventEnvelope => {
    const older = steps.get(event.type);
    if (!older || event.version === older.length + 1) return event;
    if (event.version > older.length) throw new NewerEvent(event, older.length + 1);
    onUpcast?.(event);
    return { ...event, version: older.length + 1, data: older.slice(event.version - 1).reduce((data, step) => step(data), event.data) };
  };
  return {
    versionToWrite: ({ type, version }) => {
      const current = currentOf(type);
      if (current === undefined && steps.size > 0) throw new ContractViolation(`${type} is not in the catalogue of this log's events`);
      if (current !== undefined && version !== undefined && version !== current) throw new ContractViolation(`${type} is written in version ${current}, not ${version}`);
      return current ?? version ?? 1;
    },
    upcast,
    upcastOwn: (event) => {
      if (steps.size > 0 && !steps.has(event.type)) throw new NewerEvent(event, 0);
      return upcast(event);
    },
    upcastIfKnown: (event) => (event.version > (currentOf(event.type) ?? Infinity) ? event : upcast(event)),
  };
};

const stepsOf = (type: string, current: number, upcasts: Readonly<Record<number, Upcast>>): Upcast[] => {
  if (!Number.isInteger(current) || current < 1) throw new Error(`${type} has version ${current}; versions are counted from 1`);
  const needless = Object.keys(upcasts).find((from) => !(Number(from) >= 1 && Number(from) < current));
  if (needless !== undefined) throw new Error(`${type} has an upcast from version ${needless}, but its versions are 1 to ${current}`);
  return Array.from({ length: current - 1 }, (_, index) => {
    const step = upcasts[index + 1];
    if (!step) throw new Error(`${type} has no upcast from version ${index + 1} to ${index + 2}`);
    return step;
  });
};

/** The events up to the first that cannot be read. @throws NewerEvent when that is the first of all, so that the reader waits right before it */
export const upcastPage = (events: readonly EventEnvelope[], { upcast }: Pick<Upcaster, 'upcast'>): EventEnvelope[] => {
  const read: EventEnvelope[] = [];
  for (const event of events) {
    try {
      read.push(upcast(event));
    } catch (error) {
      if (read.length === 0) throw error;
      break;
    }
  }
  return read;
};
