/**
 * Rows in memory in front of their table: events are folded here, and what they changed is written in one go. Empty for
 * a page of the live rows, and holding every row while a read model is built.
 */
import type { EventEnvelope } from '@citrus/contracts';
import type { Kysely } from 'kysely';
import { ProjectionFailed } from './projection.ts';
import { rowKey, type FoldedRow, type RowFold } from './row-fold.ts';
import { deleteRows, readRows, writeRows, type RowTable } from './row.store.ts';

export type FoldedRows = {
  /** Reads what the events need and is not here. */
  load<Database>(db: Kysely<Database>, events: readonly EventEnvelope[]): Promise<void>;
  /** What they need must have been loaded. @throws ProjectionFailed */
  foldAll(events: readonly EventEnvelope[]): void;
  /** Writes what was changed since the last time. */
  write<Database>(db: Kysely<Database>): Promise<void>;
  changed(): readonly FoldedRow[];
  /** How many rows are held. */
  size(): number;
  /** What was changed is in the table now. */
  settle(): void;
  /** From here on rows are loaded when they are needed. */
  forget(): void;
};

/** A row, or that there is none. */
type Held = { readonly key: string; row: FoldedRow | null; isChanged: boolean };

/** Of its key's values; one value stands for itself, because to write it as JSON takes as long as to look it up. */
const shortKey = ({ key }: RowFold, values: readonly string[]): string => (key.length === 1 && values.length === 1 ? String(values[0]) : rowKey(values));
const longKey = ({ key }: RowFold, short: string): string => (key.length === 1 ? rowKey([short]) : short);

const ROWS_AT_ONCE = 5000;

/** @param options.isComplete the table is empty, so nothing has to be loaded until rows are forgotten */
export const createFoldedRows = (table: RowTable, { isComplete = false } = {}): FoldedRows => {
  const { fold } = table;
  const handled = new Set(fold.handles);
  const rows = new Map<string, Held>();
  let changed: Held[] = [];
  let isWhole = isComplete;
  const keyOf = (event: EventEnvelope): string | undefined => {
    if (!handled.has(event.type)) return undefined;
    const values = fold.keyOf(event);
    return values && shortKey(fold, values);
  };
  /** An event that has no key for a reason of its own says so when it is folded. */
  const keyIfAny = (event: EventEnvelope): string | undefined => {
    try {
      return keyOf(event);
    } catch {
      return undefined;
    }
  };
  const changedRows = (): FoldedRow[] => changed.map(({ row }) => row).filter((row) => row !== null);

  const foldOne = (event: EventEnvelope): void => {
    const key = keyOf(event);
    if (key === undefined) return;
    const known = rows.get(key);
    const before = known?.row ?? undefined;
    const after = fold.evolve(before, event);
    if (after === before) return;
    const held = known ?? { key, row: null, isChanged: false };
    if (!known) rows.set(key, held);
    held.row = after ?? null;
    if (held.isChanged) return;
    held.isChanged = true;
    changed.push(held);
  };

  return {
    load: async (db, events) => {
      if (isWhole) return;
      const missing = [...new Set(events.map(keyIfAny).filter((key): key is string => key !== undefined && !rows.has(key)))];
      const found = await readRows(db, table, missing.map((key) => longKey(fold, key)));
      for (const key of missing) rows.set(key, { key, row: found.get(longKey(fold, key)) ?? null, isChanged: false });
    },
    foldAll: (events) => {
      let index = 0;
      try {
        for (; index < events.length; index += 1) foldOne(events[index] as EventEnvelope);
      } catch (cause) {
        throw new ProjectionFailed(fold.name, events[index] as EventEnvelope, index, { cause });
      }
    },
    write: async (db) => {
      const all = changedRows();
      for (let from = 0; from < all.length; from += ROWS_AT_ONCE) await writeRows(db, table, all.slice(from, from + ROWS_AT_ONCE));
      await deleteRows(db, table, changed.filter(({ row }) => row === null).map(({ key }) => longKey(fold, key)));
    },
    changed: changedRows,
    size: () => rows.size,
    settle: () => {
      for (const held of changed) held.isChanged = false;
      changed = [];
    },
    forget: () => {
      rows.clear();
      isWhole = false;
    },
  };
};
