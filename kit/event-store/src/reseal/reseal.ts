/**
 * Seals anew whatever older master keys sealed, while services run: page after page, each row compared and set, so that
 * it may be stopped anywhere, begun again, and run twice at the same time. See ADR 0019.
 */
import { BY_MASTER_KEY, isSealedWithCurrent, openWithKey, SealBroken, sealWithKey, type MasterKeys } from '@citrus/kit-crypto';
import { sql } from 'kysely';
import { openDatabase } from '../database/database.ts';
import { openPool } from '../database/pool.ts';

/** A column whose texts the master keys seal, and the place that each row's text is bound to. */
export type SealedColumn = { readonly table: string; readonly id: string; readonly column: string; readonly rowId: (id: string) => string };
export type SealedDatabase = { readonly name: string; readonly databaseUrl: string; readonly columns: readonly SealedColumn[] };
export type Resealed = {
  readonly place: string;
  readonly resealed: number;
  /** Rows that none of the keys opens, or that are no seal at all. */
  readonly broken: readonly string[];
};

const PAGE = 200;

type Row = { id: string; sealed: string };
type Db = ReturnType<typeof openDatabase<unknown>>;
type Work = { readonly db: Db; readonly keys: MasterKeys; readonly onPage?: (() => void | Promise<void>) | undefined };

const olderPage = async ({ db, keys }: Work, { table, id, column }: SealedColumn, after: string): Promise<Row[]> => {
  const current = `${BY_MASTER_KEY}${keys.current().id}.`;
  const { rows } = await sql<Row>`
    select ${sql.id(id)}::text as id, ${sql.id(column)} as sealed from ${sql.id(table)}
    where ${sql.id(column)} is not null and ${sql.id(id)}::text > ${after} and left(${sql.id(column)}, ${current.length}) <> ${current}
    order by ${sql.id(id)}::text limit ${PAGE}`.execute(db);
  return rows;
};

/** False if somebody has changed the row meanwhile: then it is new already, or gone. */
const replace = async ({ db }: Work, { table, id, column }: SealedColumn, row: Row, sealed: string): Promise<boolean> => {
  const { numAffectedRows } = await sql`update ${sql.id(table)} set ${sql.id(column)} = ${sealed} where ${sql.id(id)}::text = ${row.id} and ${sql.id(column)} = ${row.sealed}`.execute(db);
  return numAffectedRows === 1n;
};

const resealColumn = async (work: Work, column: SealedColumn): Promise<Omit<Resealed, 'place'>> => {
  const broken: string[] = [];
  let resealed = 0;
  for (let after = ''; ; ) {
    const rows = await olderPage(work, column, after);
    for (const row of rows) {
      try {
        const place = column.rowId(row.id);
        if (await replace(work, column, row, sealWithKey(work.keys, openWithKey(work.keys, row.sealed, place), place))) resealed += 1;
      } catch (error) {
        if (!(error instanceof SealBroken)) throw error;
        broken.push(`${column.table} ${row.id}: ${error.message}`);
      }
    }
    await work.onPage?.();
    const last = rows.at(-1);
    if (!last) return { resealed, broken };
    after = last.id;
  }
};

/** Texts of the database that a master key sealed, other than the current one, in columns that nobody told of. */
const strays = async ({ db, keys }: Work): Promise<string[]> => {
  const { rows: columns } = await sql<{ schema: string; table: string; column: string }>`
    select c.table_schema as schema, c.table_name as table, c.column_name as column from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
    where t.table_type = 'BASE TABLE' and c.table_schema not in ('pg_catalog', 'information_schema') and c.data_type in ('text', 'character varying')`.execute(db);
  const found: string[] = [];
  for (const { schema, table, column } of columns) {
    const { rows } = await sql<{ sealed: string }>`select ${sql.id(column)} as sealed from ${sql.id(schema, table)} where starts_with(${sql.id(column)}, ${BY_MASTER_KEY})`.execute(db);
    if (rows.some(({ sealed }) => !isSealedWithCurrent(keys, sealed))) found.push(`${table}.${column}`);
  }
  return found;
};

/** `onPage` is for tests. */
export const reseal = async ({ name, databaseUrl, columns }: SealedDatabase, keys: MasterKeys, onPage?: () => void | Promise<void>): Promise<Resealed[]> => {
  const pool = openPool({ databaseUrl, max: 2 });
  const work = { db: openDatabase<unknown>(pool), keys, onPage };
  try {
    const done: Resealed[] = [];
    for (const column of columns) done.push({ place: `${name}: ${column.table}`, ...(await resealColumn(work, column)) });
    const left = (await strays(work)).filter((place) => !columns.some(({ table, column }) => place === `${table}.${column}`));
    if (left.length > 0) done.push({ place: `${name}: elsewhere`, resealed: 0, broken: left.map((place) => `${place} holds seals of an older master key, and this program does not know how to make them anew`) });
    return done;
  } finally {
    await pool.end();
  }
};
