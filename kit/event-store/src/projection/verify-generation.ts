/**
 * Compares two sets of rows of one read model as they stand at one and the same position. The rows that are read wait
 * only until the others have come as far; the comparison itself reads a snapshot and holds nobody up.
 */
import { Unavailable } from '@citrus/kit-domain';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { EventStore } from '../event-store.port.ts';
import { follow } from './follow-generations.ts';
import { readGenerations, readLive, type Generation } from './generation.store.ts';
import type { FoldedRow, RowFold } from './row-fold.ts';
import { schemaOf } from './row.store.ts';

export type RowDifference = { readonly key: readonly string[]; readonly before: FoldedRow | null; readonly after: FoldedRow | null };
export type Verification = { readonly position: number; readonly rows: number; readonly different: number; readonly differences: readonly RowDifference[] };
type Parts<Database> = { readonly db: Kysely<Database>; readonly store: EventStore; readonly fold: RowFold };

const MOST_SHOWN = 50;

const columnsOf = (alias: string, fold: RowFold): RawBuilder<unknown> => sql.join(fold.key.map((column) => sql`coalesce(${sql.id(alias, column)}::text, '')`));

/** `before` are the rows that are read. */
const compare = async <Database>(db: Kysely<Database>, fold: RowFold, { place }: Generation): Promise<Omit<Verification, 'position'>> => {
  const [key] = fold.key;
  if (key === undefined) throw new Error(`${fold.name} has no key`);
  const both = sql`${sql.id('public', fold.table)} as a full join ${sql.id(schemaOf(fold, place), fold.table)} as b using (${sql.join(fold.key.map((column) => sql.id(column)))})`;
  // A whole-row value is null when all its columns are, so the key says whether there is a row.
  const isDifferent = sql`md5(row_to_json(a)::text) is distinct from md5(row_to_json(b)::text)`;
  const { rows: counts } = await sql<{ rows: number; different: number }>`select count(*)::int as rows, (count(*) filter (where ${isDifferent}))::int as different from ${both}`.execute(db);
  const { rows: differences } = await sql<RowDifference>`
    select case when ${sql.id('a', key)} is null then array[${columnsOf('b', fold)}] else array[${columnsOf('a', fold)}] end as key,
      case when ${sql.id('a', key)} is not null then row_to_json(a) end as before, case when ${sql.id('b', key)} is not null then row_to_json(b) end as after
    from ${both} where ${isDifferent} order by 1 limit ${MOST_SHOWN}`.execute(db);
  const [{ rows, different } = { rows: 0, different: 0 }] = counts;
  return { rows, different, differences };
};

/** Undefined: they do not stand at the same position in this snapshot. */
const compareIfLevel = <Database>(db: Kysely<Database>, fold: RowFold, generation: Generation, onSnapshot: () => void): Promise<Verification | undefined> =>
  db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(async (trx) => {
    const live = await readLive(trx, fold);
    const beside = (await readGenerations(trx, fold)).find(({ place }) => place === generation.place);
    onSnapshot();
    if (!live || beside?.generation !== generation.generation || beside.position !== live.position) return undefined;
    return { position: live.position, ...(await compare(trx, fold, generation)) };
  });

/** @throws Unavailable when an older release's rows are behind and nobody brings them further */
export const verifyGeneration = async <Database>(parts: Parts<Database>, generation: Generation): Promise<Verification> => {
  const { db, fold } = parts;
  let comparing: Promise<Verification | undefined> | undefined;
  await db.transaction().execute(async (trx) => {
    const live = await readLive(trx, fold, { isLocked: true });
    if (live && generation.version === fold.version) await follow(parts, generation, live.position);
    // The lock is given back as soon as the other transaction has its snapshot.
    await new Promise<void>((resolve) => {
      comparing = compareIfLevel(db, fold, generation, resolve);
      comparing.then(() => resolve(), () => resolve());
    });
  });
  const verification = await comparing;
  if (!verification) throw new Unavailable(`The rows of ${fold.name} do not stand at the same position at the moment. Try again soon.`);
  return verification;
};
