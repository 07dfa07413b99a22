/**
 * A projection follows the log. Most are folds of rows (`row-fold.ts`): read models, which can be built anew at any time.
 * The others do some work for each event in a table that is not theirs alone (timers, questions to be answered); they
 * are never built beside, because a replay would do their work twice.
 */
import type { EventEnvelope } from '@citrus/contracts';
import type { Transaction } from 'kysely';
import type { RowFold } from './row-fold.ts';

export type Projection<Database> = {
  readonly name: string;
  /** A higher one goes through the log again from its beginning; so `apply` must bear to see an event again. */
  readonly version: number;
  readonly handles: readonly string[] | 'all';
  readonly apply: (trx: Transaction<Database>, event: EventEnvelope) => Promise<void>;
  /** Instead of `apply`, where the events that it handles of a whole page cost no more than one of them. */
  readonly applyAll?: (trx: Transaction<Database>, events: readonly EventEnvelope[]) => Promise<void>;
};

export const defineProjection = <Database>(projection: Projection<Database>): Projection<Database> => projection;

export type AnyProjection<Database> = Projection<Database> | RowFold;
export const isFold = <Database>(projection: AnyProjection<Database>): projection is RowFold => 'evolve' in projection;

/** An event that could not be applied; the page it stood in was rolled back. */
export class ProjectionFailed extends Error {
  override readonly name = 'ProjectionFailed';
  /** @param before how many events of the page stand before the one that failed */
  constructor(readonly projection: string, event: EventEnvelope, readonly before: number, options: ErrorOptions) {
    super(`${projection} cannot apply ${event.type} at position ${event.position}`, options);
  }
}
