/**
 * A read model as a pure fold: the log in, the rows of one table out. Because no database is needed to fold, the same
 * function keeps the live table up to date, rebuilds it in memory, shows it as it was at any instant, and is tested
 * without I/O. Rows are what JSON can hold, named like the columns; times are ISO 8601 text.
 */
import type { EventEnvelope } from '@citrus/contracts';
import type { RawBuilder } from 'kysely';

export type FoldedRow = Readonly<Record<string, unknown>>;

export type RowFold<Row extends FoldedRow = FoldedRow> = {
  /** Of the projection; never renamed, because another name starts from the log's beginning. */
  readonly name: string;
  /** A higher one builds the rows anew, beside the ones that are read meanwhile. */
  readonly version: number;
  /** One table, written by this fold alone. Without serial columns: a replay gives identical rows. */
  readonly table: string;
  /** The table's primary key. */
  readonly key: readonly (keyof Row & string)[];
  readonly handles: readonly string[];
  /** The primary key's values of the one row that the event concerns; undefined when it concerns none. */
  readonly keyOf: (event: EventEnvelope) => readonly string[] | undefined;
  /** Undefined: there is no such row (any more). Never throws and never checks; facts have happened. */
  readonly evolve: (row: Row | undefined, event: EventEnvelope) => Row | undefined;
  /**
   * The same rows in one statement over `events`, for a rebuild: what a fold can say in SQL, the database does faster and
   * without memory. It sees every event in the shape that it was written in; a test holds it equal to `evolve`.
   */
  readonly rebuildSql?: { readonly columns: readonly (keyof Row & string)[]; readonly select: (upTo: number) => RawBuilder<unknown> };
};

export const defineFold = <Row extends FoldedRow>(fold: RowFold<Row>): RowFold => fold as unknown as RowFold;

/** Rows by the JSON text of their key's values. */
export type Rows<Row extends FoldedRow = FoldedRow> = Map<string, Row>;

export const rowKey = (values: readonly string[]): string => JSON.stringify(values);

/** Folds one event into the rows; gives the key that it concerned. */
export const foldInto = <Row extends FoldedRow>(fold: RowFold<Row>, rows: Rows<Row>, event: EventEnvelope): string | undefined => {
  if (!fold.handles.includes(event.type)) return undefined;
  const values = fold.keyOf(event);
  if (values === undefined) return undefined;
  const key = rowKey(values);
  const row = fold.evolve(rows.get(key), event);
  if (row === undefined) rows.delete(key);
  else rows.set(key, row);
  return key;
};
