/** A rebuild in one call, for tools and tests; services do the same in steps, while they serve. */
import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '@citrus/kit-domain';
import type { Kysely } from 'kysely';
import type { Pool } from 'pg';
import type { EventStore } from '../event-store.port.ts';
import { buildGeneration } from './build-generation.ts';
import { exchange, whenFree } from './follow-generations.ts';
import { beginGeneration, readGenerations, switchGeneration, type Generation } from './generation.store.ts';
import type { RowFold } from './row-fold.ts';

type Parts<Database> = { readonly db: Kysely<Database>; readonly pool: Pool; readonly store: EventStore; readonly fold: RowFold };

const LOOK_EVERY_MS = 50;

/** Builds the next rows, or waits for the process that is at it: a service builds what it finds begun. */
const nextRows = async <Database>({ db, pool, store, fold }: Parts<Database>): Promise<Generation> => {
  for (;;) {
    const generation = (await readGenerations(db, fold)).find(({ place }) => place === 'next');
    if (!generation) throw new Unavailable(`Somebody has dropped the rows of ${fold.name} that were being built. Rebuild it again.`);
    if (generation.state === 'following') return generation;
    if (!(await buildGeneration({ db, pool, store, fold, generation, signal: AbortSignal.any([]) }))) await delay(LOOK_EVERY_MS);
  }
};

/** Builds the rows anew from the log, beside the ones that are read, and shows them. The ones before are kept. */
export const rebuildReadModel = async <Database>(parts: Parts<Database>): Promise<void> => {
  await whenFree(() => beginGeneration(parts.db, parts.fold, { switches: false }));
  await exchange(parts, { generation: await nextRows(parts), work: switchGeneration });
};
