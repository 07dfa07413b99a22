/**
 * Builds the rows of a read model beside the ones that are read: the log by binary COPY, folded in memory, written in
 * short transactions with the position that they stand at. It may die anywhere: what is not written is folded again.
 * Memory holds every row up to a million of them; larger read models are written, forgotten and loaded as needed.
 */
import { sql, type Kysely, type Transaction } from 'kysely';
import type { Pool } from 'pg';
import type { EventStore } from '../event-store.port.ts';
import { replayLog, type ReplayedStretch } from '../replay/replay-log.ts';
import { createFoldedRows, type FoldedRows } from './folded-rows.ts';
import { beginToFollow, completeGeneration, lockGeneration, moveGeneration, readLive, tellProgress, type Generation } from './generation.store.ts';
import { createReplayReader } from './replayed-events.ts';
import type { RowFold } from './row-fold.ts';
import { insertRows, schemaOf } from './row.store.ts';

export type BuildParts<Database> = { readonly db: Kysely<Database>; readonly pool: Pool; readonly store: EventStore };
type Build<Database> = BuildParts<Database> & { readonly fold: RowFold; readonly generation: Generation; readonly signal: AbortSignal };

/** Somebody else builds them, has begun anew or has switched. */
class NotOurs extends Error {}

const MOST_ROWS_IN_MEMORY = 1_000_000;
const WRITE_EVERY_EVENTS = 5_000_000;
const TELL_EVERY_MS = 500;
const ROWS_AT_ONCE = 5000;
/** What is left is a matter of a page or two. */
const NEAR = 2000;

/** Writes with the position, if the rows stand where we left them. @throws NotOurs */
const writeAt = async <Database>({ db, fold, generation }: Build<Database>, { from, to }: { from: number; to: number }, write: (trx: Transaction<Database>) => Promise<void>): Promise<void> => {
  await db.transaction().execute(async (trx) => {
    if ((await lockGeneration(trx, fold, generation)) !== from) throw new NotOurs();
    await write(trx);
    await moveGeneration(trx, fold, generation, to);
  });
};

const insertAll = async <Database>(trx: Transaction<Database>, fold: RowFold, rows: FoldedRows): Promise<void> => {
  const changed = rows.changed();
  for (let from = 0; from < changed.length; from += ROWS_AT_ONCE) await insertRows(trx, { fold, place: 'next' }, changed.slice(from, from + ROWS_AT_ONCE));
};

/** Everything up to a position in one statement, which the database does by itself. */
const buildBySql = async <Database>(build: Build<Database>, { columns, select }: NonNullable<RowFold['rebuildSql']>, upTo: number): Promise<void> => {
  const { fold } = build;
  const names = sql.join(columns.map((column) => sql.id(column)));
  await writeAt(build, { from: 0, to: upTo }, async (trx) => void (await sql`insert into ${sql.id(schemaOf(fold, 'next'), fold.table)} (${names}) select ${names} from (${select(upTo)}) as rebuilt`.execute(trx)));
  await completeGeneration(build.db, fold);
};

type Progress = { written: number; readonly rows: FoldedRows };

const writeRows = async <Database>(build: Build<Database>, progress: Progress, to: number): Promise<void> => {
  const { rows, written } = progress;
  const isFirst = written === 0;
  if (to > written) await writeAt(build, { from: written, to }, (trx) => (isFirst ? insertAll(trx, build.fold, rows) : rows.write(trx)));
  rows.settle();
  progress.written = to;
  if (rows.size() > MOST_ROWS_IN_MEMORY) rows.forget();
  if (isFirst) await completeGeneration(build.db, build.fold);
};

/** From where the rows stand to a position. */
const foldUpTo = async <Database>(build: Build<Database>, progress: Progress, upTo: number): Promise<void> => {
  const { db, pool, store, fold, generation, signal } = build;
  const read = createReplayReader(store);
  let [events, toldAt] = [0, performance.now()];
  const take = async ({ events: replayed, through }: ReplayedStretch): Promise<void> => {
    const stretch = read(replayed);
    await progress.rows.load(db, stretch);
    progress.rows.foldAll(stretch);
    events += stretch.length;
    if (events >= WRITE_EVERY_EVENTS || progress.rows.size() > MOST_ROWS_IN_MEMORY) {
      await writeRows(build, progress, through);
      events = 0;
    }
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    await tellProgress(db, fold, generation, through);
  };
  for await (const stretch of replayLog(pool, { after: progress.written, upTo, types: fold.handles, proof: false, signal })) await take(stretch);
  await writeRows(build, progress, upTo);
};

/** How far the rows may go: never beyond those that are read, if the same release keeps both. */
const goalOf = async <Database>({ db, store, fold }: Build<Database>): Promise<number> => {
  const [head, live] = await Promise.all([store.head(), readLive(db, fold)]);
  return live && live.version === fold.version ? Math.min(head, live.position) : head;
};

const build = async <Database>(building: Build<Database>): Promise<void> => {
  const { db, fold, generation, signal } = building;
  const isNew = generation.position === 0;
  if (isNew && fold.rebuildSql) await buildBySql(building, fold.rebuildSql, await goalOf(building));
  else if (!isNew) await completeGeneration(db, fold);
  const written = isNew && fold.rebuildSql ? await db.transaction().execute((trx) => lockGeneration(trx, fold, generation)) : generation.position;
  if (written === undefined) throw new NotOurs();
  const progress = { written, rows: createFoldedRows({ fold, place: 'next' }, { isComplete: written === 0 }) };
  do await foldUpTo(building, progress, await goalOf(building));
  while (!signal.aborted && (await goalOf(building)) - progress.written > NEAR);
  await beginToFollow(db, fold, generation);
};

/** In one process at a time; the others see its progress. Gives false when it is somebody else's work. */
export const buildGeneration = async <Database>(building: Build<Database>): Promise<boolean> =>
  building.db.connection().execute(async (connection) => {
    const name = `build ${building.fold.name}`;
    const { rows } = await sql<{ mine: boolean }>`select pg_try_advisory_lock(hashtextextended(${name}, 0)) as mine`.execute(connection);
    if (!rows[0]?.mine) return false;
    try {
      await build(building);
      return true;
    } catch (error) {
      if (error instanceof NotOurs) return false;
      throw error;
    } finally {
      await sql`select pg_advisory_unlock(hashtextextended(${name}, 0))`.execute(connection);
    }
  });
