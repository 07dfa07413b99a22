/**
 * Rows of a fold, as JSON: read by key, written and deleted in one statement each. PostgreSQL knows the columns' types,
 * so nothing here does; what was read and not changed is written back as it was.
 */
import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { FoldedRow, RowFold } from './row-fold.ts';

/** `public`: the rows that are read; `next`: those that are being built; `previous`: those before the last switch. */
export type Place = 'public' | 'next' | 'previous';

export const schemaOf = ({ name }: Pick<RowFold, 'name'>, place: Place): string => (place === 'public' ? 'public' : `${place}_${name}`);

/** Where the rows of a fold are. */
export type RowTable = { readonly fold: RowFold; readonly place: Place };

const nameOf = ({ fold, place }: RowTable): RawBuilder<unknown> => sql.id(schemaOf(fold, place), fold.table);
const keyOf = ({ fold }: RowTable): RawBuilder<unknown> => sql.join(fold.key.map((column) => sql.id(column)));

/** The log keeps every JSON; of a NUL and of half a character PostgreSQL makes no text. */
const MAY_BE_NO_TEXT = /\\u(?:0000|d[89a-f])/;
const asText = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd');
const asTexts = (_key: string, value: unknown): unknown => {
  if (typeof value === 'string') return asText(value);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).map(([key, each]) => [asText(key), each])) : value;
};
/** An event is there for good, so one such text would stop the read model of everybody for good. */
const textOf = (rows: readonly object[]): string => {
  const text = JSON.stringify(rows);
  return MAY_BE_NO_TEXT.test(text) ? JSON.stringify(rows, asTexts) : text;
};

/** PostgreSQL makes rows of the table's type of these. */
const recordsOf = (table: RowTable, rows: readonly object[]) => sql`json_populate_recordset(null::${nameOf(table)}, ${textOf(rows)}::json)`;

const keyObject = ({ key }: RowFold, values: readonly string[]): object => Object.fromEntries(key.map((column, index) => [column, values[index]]));

/** By the keys as they were given; null where there is no row. */
export const readRows = async <Database>(db: Kysely<Database>, table: RowTable, keys: readonly string[]): Promise<Map<string, FoldedRow | null>> => {
  const found = new Map<string, FoldedRow | null>(keys.map((key) => [key, null]));
  if (keys.length === 0) return found;
  const objects = keys.map((key) => keyObject(table.fold, JSON.parse(key) as string[]));
  const { rows } = await sql<{ number: number; row: FoldedRow }>`
    select k.number::int as number, row_to_json(t) as row from ${nameOf(table)} as t
    join (select row_number() over () as number, ${keyOf(table)} from ${recordsOf(table, objects)}) as k using (${keyOf(table)})`.execute(db);
  for (const { number, row } of rows) found.set(keys[number - 1] ?? '', row);
  return found;
};

export const writeRows = async <Database>(db: Kysely<Database>, table: RowTable, rows: readonly FoldedRow[]): Promise<void> => {
  if (rows.length === 0) return;
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const names = sql.join(columns.map((column) => sql.id(column)));
  const others = columns.filter((column) => !table.fold.key.includes(column));
  const change = others.length === 0 ? sql`nothing` : sql`update set ${sql.join(others.map((column) => sql`${sql.id(column)} = ${sql.id('excluded', column)}`))}`;
  await sql`insert into ${nameOf(table)} (${names}) select ${names} from ${recordsOf(table, rows)} on conflict (${keyOf(table)}) do ${change}`.execute(db);
};

/** Into a table that has no key yet. */
export const insertRows = async <Database>(db: Kysely<Database>, table: RowTable, rows: readonly FoldedRow[]): Promise<void> => {
  if (rows.length > 0) await sql`insert into ${nameOf(table)} select * from ${recordsOf(table, rows)}`.execute(db);
};

export const deleteRows = async <Database>(db: Kysely<Database>, table: RowTable, keys: readonly string[]): Promise<void> => {
  if (keys.length === 0) return;
  const objects = keys.map((key) => keyObject(table.fold, JSON.parse(key) as string[]));
  await sql`delete from ${nameOf(table)} where (${keyOf(table)}) in (select ${keyOf(table)} from ${recordsOf(table, objects)})`.execute(db);
};
