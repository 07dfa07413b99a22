/**
 * Keeps the rows beside up to date: those that are to take the place of the ones that are read, so that they can at any
 * moment, and those before the last switch, so that a rollback shows the newest. Never beyond the rows that are read.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '@citrus/kit-domain';
import type { Kysely } from 'kysely';
import type { EventStore } from '../event-store.port.ts';
import { followPage } from './apply-page.ts';
import { beginGeneration, readGenerations, readLive, switchGeneration, tellError, type Generation, type LiveRows } from './generation.store.ts';
import { ProjectionFailed } from './projection.ts';
import type { RowFold } from './row-fold.ts';

type Parts<Database> = { readonly db: Kysely<Database>; readonly store: EventStore; readonly fold: RowFold };

const PAGE = 1000;
const SWITCH_TRIES = 40;
/** SQLSTATEs: a reader held the table, or it was changed while we waited; another try may pass. */
const BUSY = ['55P03', '40P01'];
const TRIES_TO_CATCH_UP = 20;
/** The SQL functions' own "not as far yet": somebody appended since we looked. */
const NOT_YET = '55000';

/** Only what this release's fold has made can be followed by it. */
const goalOf = ({ version }: Generation, live: LiveRows, head: number): number => (version === live.version ? live.position : head);

/** Up to the rows that are read; or to the log's end, when those are another release's. */
export const follow = async <Database>({ db, store, fold }: Parts<Database>, generation: Generation, upTo: number): Promise<void> => {
  let after = generation.position;
  for (let limit = PAGE; after < upTo; ) {
    try {
      const position = await followPage({ db, store }, fold, { generation, after, upTo, limit });
      if (position === undefined) return;
      after = position;
      limit = PAGE;
    } catch (error) {
      if (!(error instanceof ProjectionFailed) || error.before === 0) throw error;
      limit = error.before;
    }
  }
};

/** Repeats what waits for readers to go on, each time for half a second, so that new readers never wait longer. */
export const whenFree = async (work: () => Promise<void>): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (cause) {
      if (!BUSY.includes(String((cause as { code?: unknown }).code))) throw cause;
      if (tries === SWITCH_TRIES) throw new Unavailable('Somebody reads the rows for long; nothing was changed. Try again when that query has ended.', { cause });
      await delay(20 + Math.random() * 100);
    }
  }
};

type Exchange<Database> = { readonly generation: Generation; readonly work: (db: Kysely<Database>, fold: RowFold) => Promise<void> };

/** Brings the others as far as the rows that are read and exchanges them, all over again while events come in between. */
export const exchange = async <Database>({ db, store, fold }: Parts<Database>, { generation, work }: Exchange<Database>): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    const live = await readLive(db, fold);
    if (live) await follow({ db, store, fold }, generation, live.position);
    try {
      return await whenFree(() => work(db, fold));
    } catch (error) {
      if (tries === TRIES_TO_CATCH_UP || (error as { code?: unknown }).code !== NOT_YET) throw error;
    }
  }
};

/** Gives the generations as they stand; those that this release made have been brought up to date. */
export const tendGenerations = async <Database>(parts: Parts<Database>): Promise<readonly Generation[]> => {
  const { db, store, fold } = parts;
  const [live, generations] = [await readLive(db, fold), await readGenerations(db, fold)];
  if (!live) return generations;
  for (const generation of generations.filter(({ state, version }) => state === 'following' && version === fold.version)) {
    try {
      const goal = goalOf(generation, live, await store.head());
      await follow(parts, generation, goal);
      if (generation.switches && goal >= live.position) await whenFree(() => switchGeneration(db, fold));
    } catch (error) {
      // The rows that are read go on whatever becomes of the others.
      await tellError(db, fold, generation, error instanceof Error ? error.message : String(error));
    }
  }
  return generations;
};

/** Has the rows of this release built beside those of an older one, unless they are already. */
export const beginIfOlder = async <Database>({ db, fold }: Omit<Parts<Database>, 'store'>): Promise<void> => {
  await db.transaction().execute(async (trx) => {
    const live = await readLive(trx, fold, { isLocked: true });
    if (!live || live.version >= fold.version) return;
    const next = (await readGenerations(trx, fold)).find(({ place }) => place === 'next');
    if (!next || next.version < fold.version) await beginGeneration(trx, fold, { switches: true });
  });
};
