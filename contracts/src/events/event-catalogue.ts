/**
 * What an event's payload looks like now and what it has looked like: the list that writers, readers and the golden
 * files go by. A published shape never changes its meaning; a new one stands before it and says how to get there.
 */
import type { z } from 'zod';

export type OlderShape = {
  readonly schema: z.ZodType;
  /** To the next version. Pure and total: an event that was once accepted must still be readable. */
  readonly upcast: (data: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
};

export type EventDefinition = {
  /** Of the current version, which is one more than there are older ones. */
  readonly schema: z.ZodType;
  /** Versions 1, 2, … in this order. */
  readonly older?: readonly OlderShape[];
};

/** By type. A type is never taken out again: there are logs that have it. */
export type EventCatalogue = Readonly<Record<string, EventDefinition>>;

export const currentVersionOf = ({ older = [] }: EventDefinition): number => older.length + 1;
