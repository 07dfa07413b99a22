/** Where the projections of a service stand, all of them read in one statement. */
import { sql, type Kysely, type Transaction } from 'kysely';
import type { Consumer } from './checkpoint.store.ts';

/** Of a projection whose rows are this release's to move, and which nobody has paused. */
export type Standing = { readonly position: number; /** There are rows beside, which want to be followed or built. */ readonly hasGenerations: boolean };
/** By name; one that is not ours to move now is not in it. */
export type Standings = ReadonlyMap<string, Standing>;

type Row = { readonly consumer: string; readonly version: number; readonly position: number; readonly is_paused: boolean; readonly has_generations: boolean };

const rowsOf = (names: readonly string[]) => sql`
  select c.consumer, c.version, c.position::float8 as position,
    exists (select from consumer_pauses p where p.consumer = c.consumer) as is_paused, exists (select from generations g where g.projection = c.consumer) as has_generations
  from checkpoints c where c.consumer = any(${names}::text[])`;

/** The highest version owns the rows. */
const standingsOf = (rows: readonly Row[], consumers: readonly Consumer[]): Standings => {
  const standings = new Map<string, Standing>();
  for (const { name, version } of consumers) {
    const own = rows.filter(({ consumer }) => consumer === name).toSorted((a, b) => b.version - a.version)[0];
    if (own?.version === version && !own.is_paused) standings.set(name, { position: own.position, hasGenerations: own.has_generations });
  }
  return standings;
};

const namesOf = (consumers: readonly Consumer[]): string[] => consumers.map(({ name }) => name);

export const readStandings = async <Database>(db: Kysely<Database>, consumers: readonly Consumer[]): Promise<Standings> =>
  standingsOf((await sql<Row>`${rowsOf(namesOf(consumers))}`.execute(db)).rows, consumers);

/**
 * Locks them too, always in the same order. Nobody waits until what this transaction writes is on the disk: rows and
 * checkpoints are lost together or not at all, and then they are made from the log once more.
 */
export const lockStandings = async <Database>(trx: Transaction<Database>, consumers: readonly Consumer[]): Promise<Standings> => {
  // The locks first: what is read under them is read by a statement that began behind them.
  await sql`select set_config('synchronous_commit', 'off', true), count(*) from (select from checkpoints where consumer = any(${namesOf(consumers)}::text[]) order by consumer, version for update) as locked`.execute(trx);
  return readStandings(trx, consumers);
};

/** Their rows are locked by `lockStandings`. */
export const moveStandings = async <Database>(trx: Transaction<Database>, consumers: readonly Consumer[], to: number): Promise<void> => {
  await sql`update checkpoints set position = ${to}, updated_at = now() where (consumer, version) in (select * from unnest(${namesOf(consumers)}::text[], ${consumers.map(({ version }) => version)}::int[]))`.execute(trx);
};
