/** Rows of a read model that are built beside the ones that are read, and those before the last switch: where they stand. */
import { sql, type Kysely, type Transaction } from 'kysely';
import type { RowFold } from './row-fold.ts';

export type Generation = {
  readonly place: 'next' | 'previous';
  readonly generation: number;
  readonly version: number;
  /** Their table holds the log up to here. */
  readonly position: number;
  /** How far they have been folded in memory. */
  readonly progress: number;
  readonly state: 'building' | 'following';
  /** They take the place of the rows that are read as soon as they can. */
  readonly switches: boolean;
  readonly error: string | null;
};
type Named = Pick<RowFold, 'name'>;

export const readGenerations = async <Database>(db: Kysely<Database>, { name }: Named): Promise<readonly Generation[]> => {
  const { rows } = await sql<Generation>`
    select place, generation, version, position::float8 as position, greatest(position, progress)::float8 as progress, state, switches, error from generations where projection = ${name} order by place`.execute(db);
  return rows;
};

export type LiveRows = { readonly version: number; readonly position: number; readonly generation: number };

/** The rows that are read. Undefined: there are none yet. */
export const readLive = async <Database>(db: Kysely<Database>, { name }: Named, { isLocked = false } = {}): Promise<LiveRows | undefined> => {
  const { rows } = await sql<LiveRows>`
    select version, position::float8 as position, generation from checkpoints where consumer = ${name} order by version desc limit 1 ${isLocked ? sql`for update` : sql``}`.execute(db);
  return rows[0];
};

type Which = Pick<Generation, 'place' | 'generation'>;

/** Undefined: it is not there any more, because it was dropped or switched. */
export const lockGeneration = async <Database>(trx: Transaction<Database>, { name }: Named, { place, generation }: Which): Promise<number | undefined> => {
  const { rows } = await sql<{ position: number }>`
    select position::float8 as position from generations where projection = ${name} and place = ${place} and generation = ${generation} for update`.execute(trx);
  return rows[0]?.position;
};

export const moveGeneration = async <Database>(trx: Transaction<Database>, { name }: Named, { place }: Which, to: number): Promise<void> => {
  await sql`update generations set position = ${to}, error = null, updated_at = now() where projection = ${name} and place = ${place}`.execute(trx);
};

export const tellProgress = async <Database>(db: Kysely<Database>, { name }: Named, { place, generation }: Which, progress: number): Promise<void> => {
  await sql`update generations set progress = ${progress}, error = null, updated_at = now() where projection = ${name} and place = ${place} and generation = ${generation}`.execute(db);
};

export const tellError = async <Database>(db: Kysely<Database>, { name }: Named, { place, generation }: Which, error: string): Promise<void> => {
  await sql`update generations set error = ${error}, updated_at = now() where projection = ${name} and place = ${place} and generation = ${generation} and error is distinct from ${error}`.execute(db);
};

/** The rows are complete and are kept up to date from here on. */
export const beginToFollow = async <Database>(db: Kysely<Database>, { name }: Named, { generation }: Which): Promise<void> => {
  await sql`update generations set state = 'following', error = null, updated_at = now() where projection = ${name} and place = 'next' and generation = ${generation}`.execute(db);
};

export const beginGeneration = async <Database>(db: Kysely<Database>, { name, table, version }: RowFold, { switches }: { switches: boolean }): Promise<void> => {
  await sql`select begin_generation(${name}, ${table}, ${version}, ${switches})`.execute(db);
};

/** Gives the rows their key and indexes, if they have none. */
export const completeGeneration = async <Database>(db: Kysely<Database>, { name, table }: RowFold): Promise<void> => {
  await sql`select complete_generation(${name}, ${table})`.execute(db);
};

export const switchGeneration = async <Database>(db: Kysely<Database>, { name, table }: RowFold): Promise<void> => {
  await sql`select switch_generation(${name}, ${table})`.execute(db);
};

export const rollbackGeneration = async <Database>(db: Kysely<Database>, { name, table }: RowFold): Promise<void> => {
  await sql`select rollback_generation(${name}, ${table})`.execute(db);
};
