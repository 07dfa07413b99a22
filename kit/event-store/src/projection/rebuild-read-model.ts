/** A rebuild in one call, for tools and tests; services do the same in steps, while they serve. */
import type { Kysely } from 'kysely';
import type { Pool } from 'pg';
import type { EventStore } from '../event-store.port.ts';
import { buildGeneration } from './build-generation.ts';
import { follow, whenFree } from './follow-generations.ts';
import { beginGeneration, readGenerations, readLive, switchGeneration } from './generation.store.ts';
import type { RowFold } from './row-fold.ts';

type Parts<Database> = { readonly db: Kysely<Database>; readonly pool: Pool; readonly store: EventStore; readonly fold: RowFold };

/** Builds the rows anew from the log, beside the ones that are read, and shows them. The ones before are kept. */
export const rebuildReadModel = async <Database>({ db, pool, store, fold }: Parts<Database>): Promise<void> => {
  const next = async () => (await readGenerations(db, fold)).find(({ place }) => place === 'next');
  await whenFree(() => beginGeneration(db, fold, { switches: false }));
  const begun = await next();
  if (begun) await buildGeneration({ db, pool, store, fold, generation: begun, signal: AbortSignal.any([]) });
  const [built, live] = [await next(), await readLive(db, fold)];
  if (built && live) await follow({ db, store, fold }, built, live.position);
  await whenFree(() => switchGeneration(db, fold));
};
