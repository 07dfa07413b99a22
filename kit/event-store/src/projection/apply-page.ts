/**
 * One page of the log into rows, and the checkpoint with it: one transaction under the row lock of the checkpoint, so
 * two replicas may follow the log for the same rows; they take turns and never apply an event twice.
 */
import type { EventEnvelope, LogPage } from '@citrus/contracts';
import type { Kysely, Transaction } from 'kysely';
import type { EventStore } from '../event-store.port.ts';
import { readPause } from '../feed/pauses.store.ts';
import { NewerEvent } from '../version/event-versions.ts';
import { lockCheckpoint, moveCheckpoint, readCheckpoint } from './checkpoint.store.ts';
import { createFoldedRows } from './folded-rows.ts';
import { lockGeneration, moveGeneration, readLive, type Generation } from './generation.store.ts';
import { isFold, ProjectionFailed, type AnyProjection, type Projection } from './projection.ts';
import type { RowFold } from './row-fold.ts';
import type { RowTable } from './row.store.ts';

export type Page = { readonly position: number; readonly head: number };
export type PageRequest = { readonly after: number; readonly limit: number };
type Log<Database> = { readonly db: Kysely<Database>; readonly store: EventStore };

const applyAll = async <Database>(trx: Transaction<Database>, projection: Projection<Database>, events: readonly EventEnvelope[]): Promise<void> => {
  const isHandled = ({ type }: EventEnvelope): boolean => projection.handles === 'all' || projection.handles.includes(type);
  if (projection.applyAll) {
    const handled = events.filter(isHandled);
    return handled.length === 0 ? undefined : projection.applyAll(trx, handled);
  }
  for (const [index, event] of events.entries()) {
    if (!isHandled(event)) continue;
    try {
      await projection.apply(trx, event);
    } catch (cause) {
      throw new ProjectionFailed(projection.name, event, index, { cause });
    }
  }
};

const foldPage = async <Database>(trx: Transaction<Database>, table: RowTable, events: readonly EventEnvelope[]): Promise<void> => {
  const rows = createFoldedRows(table);
  await rows.load(trx, events);
  rows.foldAll(events);
  await rows.write(trx);
};

/** The rows that are read, and nothing of the checkpoint. @throws ProjectionFailed */
export const applyEvents = <Database>(trx: Transaction<Database>, projection: AnyProjection<Database>, events: readonly EventEnvelope[]): Promise<void> =>
  isFold(projection) ? foldPage(trx, { fold: projection, place: 'public' }, events) : applyAll(trx, projection, events);

/** Behind an event of a newer release only that release goes on; nothing is read when it has, as at the log's end. @throws NewerEvent */
const readOrCheckpoint = async <Database>({ db, store }: Log<Database>, projection: AnyProjection<Database>, page: PageRequest): Promise<LogPage> => {
  try {
    return await store.read(page);
  } catch (error) {
    if (!(error instanceof NewerEvent) || (await readCheckpoint(db, projection)) === page.after) throw error;
    return { events: [], head: page.after };
  }
};

/**
 * Applies the events after a position to the rows that are read, at most `limit`, if that is where the checkpoint
 * stands; else it only says where it stands. Undefined: another version has taken over, or somebody has paused it.
 * @throws ProjectionFailed
 */
export const applyPage = async <Database>({ db, store }: Log<Database>, projection: AnyProjection<Database>, { after, limit }: PageRequest): Promise<Page | undefined> => {
  const { events, head } = await readOrCheckpoint({ db, store }, projection, { after, limit });
  const last = events.at(-1);
  if (!last) {
    const live = await readLive(db, projection);
    return live?.version === projection.version ? { position: live.position, head } : undefined;
  }
  return db.transaction().execute(async (trx) => {
    const position = await lockCheckpoint(trx, projection);
    if (position === undefined || (await readPause(trx, projection.name))) return undefined;
    if (position !== after) return { position, head };
    await applyEvents(trx, projection, events);
    await moveCheckpoint(trx, projection, { from: position, to: last.position });
    return { position: last.position, head };
  });
};

/** The same for rows beside, up to a position and no further. Gives where they stand; undefined when they are gone. */
export const followPage = async <Database>({ db, store }: Log<Database>, fold: RowFold, { generation, after, upTo, limit }: PageRequest & { generation: Generation; upTo: number }): Promise<number | undefined> => {
  const { events, head } = await store.read({ after, limit });
  const within = events.filter(({ position }) => position <= upTo);
  const through = within.length < events.length ? upTo : (within.at(-1)?.position ?? Math.min(head, upTo));
  return db.transaction().execute(async (trx) => {
    const position = await lockGeneration(trx, fold, generation);
    if (position !== after || through <= after) return position;
    await foldPage(trx, { fold, place: generation.place }, within);
    await moveGeneration(trx, fold, generation, through);
    return through;
  });
};
