/**
 * A projection follows the log: most are folds of rows (`row-fold.ts`); the others do work for each event in a table
 * that they share with somebody (timers, questions to be answered) and are never built anew. One page of events and the checkpoint are one transaction under
 * the checkpoint's row lock, so two replicas may run the same projection: they take turns and never apply twice.
 */
import type { EventEnvelope, LogPage } from '@citrus/contracts';
import { sql, type Kysely, type Transaction } from 'kysely';
import { createCheckpoint, dropCheckpoints, lockCheckpoint, moveCheckpoint, newestVersion, readCheckpoint } from './checkpoint.store.ts';
import type { EventStore } from '../event-store.port.ts';
import { NewerEvent } from '../version/event-versions.ts';
import { createFoldedRows } from './folded-rows.ts';
import type { RowFold } from './row-fold.ts';

export type Projection<Database> = {
  readonly name: string;
  /** A higher one drops the rows and replays. */
  readonly version: number;
  /** Every table it writes, and nobody else does. Without serial columns: a replay must give identical rows. */
  readonly tables: readonly (keyof Database & string)[];
  readonly handles: readonly string[] | 'all';
  readonly apply: (trx: Transaction<Database>, event: EventEnvelope) => Promise<void>;
};

export const defineProjection = <Database>(projection: Projection<Database>): Projection<Database> => projection;

export type AnyProjection<Database> = Projection<Database> | RowFold;
export const isFold = <Database>(projection: AnyProjection<Database>): projection is RowFold => 'evolve' in projection;

/** An event that could not be applied; the page it stood in was rolled back. */
export class ProjectionFailed extends Error {
  override readonly name = 'ProjectionFailed';
  /** @param before how many events of the page stand before the one that failed */
  constructor(projection: string, event: EventEnvelope, readonly before: number, options: ErrorOptions) {
    super(`${projection} cannot apply ${event.type} at position ${event.position}`, options);
  }
}

const truncate = async <Database>(trx: Transaction<Database>, projection: AnyProjection<Database>): Promise<void> => {
  const tables = isFold(projection) ? [projection.table] : projection.tables;
  if (tables.length > 0) await sql`truncate ${sql.join(tables.map((table) => sql.id('public', table)))}`.execute(trx);
};

/** From position 0, with empty tables. The checkpoints first: whoever is applying a page finishes before we truncate. */
const startOver = async <Database>(trx: Transaction<Database>, projection: AnyProjection<Database>): Promise<void> => {
  await dropCheckpoints(trx, projection.name);
  await truncate(trx, projection);
  await createCheckpoint(trx, projection);
};

/** Makes the checkpoint, or starts over if the tables hold an older version's rows. False: a newer version has them. */
export const prepareProjection = <Database>(db: Kysely<Database>, projection: AnyProjection<Database>): Promise<boolean> =>
  db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`prepare ${projection.name}`}, 0))`.execute(trx);
    const newest = await newestVersion(trx, projection.name);
    if (newest === undefined || newest < projection.version) await startOver(trx, projection);
    return newest === undefined || newest <= projection.version;
  });

export type Page = { readonly position: number; readonly head: number };
type Parts<Database> = { readonly db: Kysely<Database>; readonly store: EventStore; readonly projection: AnyProjection<Database> };

const applyAll = async <Database>(trx: Transaction<Database>, projection: Projection<Database>, events: readonly EventEnvelope[]): Promise<void> => {
  for (const [index, event] of events.entries()) {
    if (projection.handles !== 'all' && !projection.handles.includes(event.type)) continue;
    try {
      await projection.apply(trx, event);
    } catch (cause) {
      throw new ProjectionFailed(projection.name, event, index, { cause });
    }
  }
};

const foldAll = async <Database>(trx: Transaction<Database>, fold: RowFold, events: readonly EventEnvelope[]): Promise<void> => {
  const rows = createFoldedRows({ fold, place: 'public' });
  await rows.load(trx, events);
  for (const [index, event] of events.entries()) {
    try {
      rows.fold(event);
    } catch (cause) {
      throw new ProjectionFailed(fold.name, event, index, { cause });
    }
  }
  await rows.write(trx);
};

/** Behind an event of a newer release only that release goes on; nothing is read when it has, as at the log's end. @throws NewerEvent */
const readOrCheckpoint = async <Database>({ db, store, projection }: Parts<Database>, page: { after: number; limit: number }): Promise<LogPage> => {
  try {
    return await store.read(page);
  } catch (error) {
    if (!(error instanceof NewerEvent) || (await readCheckpoint(db, projection)) === page.after) throw error;
    return { events: [], head: page.after };
  }
};

/**
 * Applies the events after a position, at most `limit`, if that is where the checkpoint stands; else it only says where
 * it stands. Undefined: another version has taken over.
 * @throws ProjectionFailed
 */
export const applyPage = async <Database>({ db, store, projection }: Parts<Database>, { after, limit }: { after: number; limit: number }): Promise<Page | undefined> => {
  const { events, head } = await readOrCheckpoint({ db, store, projection }, { after, limit });
  const last = events.at(-1);
  if (!last) return { position: await readCheckpoint(db, projection), head };
  return db.transaction().execute(async (trx) => {
    const position = await lockCheckpoint(trx, projection);
    if (position === undefined) return undefined;
    if (position !== after) return { position, head };
    await (isFold(projection) ? foldAll(trx, projection, events) : applyAll(trx, projection, events));
    await moveCheckpoint(trx, projection, { from: position, to: last.position });
    return { position: last.position, head };
  });
};

const REPLAY_PAGE = 1000;

/** Drops the projection's rows and replays the whole log. What ends up in the tables is the same as before. */
export const rebuildProjection = async <Database>(parts: Parts<Database>): Promise<void> => {
  await parts.db.transaction().execute((trx) => startOver(trx, parts.projection));
  let page: Page | undefined = { position: 0, head: Infinity };
  while (page && page.position < page.head) page = await applyPage(parts, { after: page.position, limit: REPLAY_PAGE });
};
