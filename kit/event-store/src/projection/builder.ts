/** Builds what is to be built, one read model after the other: each takes memory and four of the pool's connections. */
import type { Kysely } from 'kysely';
import type { Pool } from 'pg';
import { backoffMs, pause } from '../database/pause.ts';
import type { EventStore, Logger } from '../event-store.port.ts';
import { buildGeneration } from './build-generation.ts';
import { readGenerations, tellError, type Generation } from './generation.store.ts';
import type { RowFold } from './row-fold.ts';

export type Builder = {
  /** Has the fold's next rows built, if they are to be and nobody here is at it. */
  look(fold: RowFold, generations: readonly Generation[]): void;
  stop(): Promise<void>;
};
type Parts<Database> = { readonly db: Kysely<Database>; readonly pool: Pool; readonly store: EventStore; readonly signal: AbortSignal; readonly logger?: Logger | undefined };

const toBuild = ({ version }: RowFold, generations: readonly Generation[]): Generation | undefined =>
  generations.find((generation) => generation.place === 'next' && generation.state === 'building' && generation.version === version);

export const startBuilder = <Database>({ db, pool, store, signal, logger }: Parts<Database>): Builder => {
  const failuresOf = new Map<string, number>();
  const atWork = new Set<string>();
  let work = Promise.resolve();

  const build = async (fold: RowFold): Promise<void> => {
    const generation = toBuild(fold, await readGenerations(db, fold));
    if (!generation || signal.aborted) return;
    try {
      if (!(await buildGeneration({ db, pool, store, fold, generation, signal }))) return;
      failuresOf.delete(fold.name);
      logger?.info({ projection: fold.name, generation: generation.generation }, 'the rows of a read model are built');
    } catch (error) {
      if (signal.aborted) return;
      const failures = (failuresOf.get(fold.name) ?? 0) + 1;
      failuresOf.set(fold.name, failures);
      logger?.error({ err: error, projection: fold.name, failures }, 'a read model cannot be built; it is tried again');
      await tellError(db, fold, generation, error instanceof Error ? error.message : String(error));
      await pause(backoffMs(failures), signal);
    }
  };

  const buildOnce = async (fold: RowFold): Promise<void> => {
    try {
      await build(fold);
    } catch (error) {
      logger?.error({ err: error, projection: fold.name }, 'a read model cannot be built; it is tried again');
    } finally {
      atWork.delete(fold.name);
    }
  };

  return {
    look: (fold, generations) => {
      if (!toBuild(fold, generations) || atWork.has(fold.name)) return;
      atWork.add(fold.name);
      work = work.then(() => buildOnce(fold));
    },
    stop: () => work,
  };
};
