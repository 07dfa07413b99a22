/**
 * Rows in memory in front of their table: events are folded here, and what they changed is written in one go. Empty for
 * a page of the live rows, and holding every row while a read model is built.
 */
import type { EventEnvelope } from '@citrus/contracts';
import type { Kysely } from 'kysely';
import { rowKey, type FoldedRow } from './row-fold.ts';
import { deleteRows, readRows, writeRows, type RowTable } from './row.store.ts';

export type FoldedRows = {
  /** Reads what the events need and is not here. */
  load<Database>(db: Kysely<Database>, events: readonly EventEnvelope[]): Promise<void>;
  /** What it needs must have been loaded. */
  fold(event: EventEnvelope): void;
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

const ROWS_AT_ONCE = 5000;

/** @param options.isComplete the table is empty, so nothing has to be loaded until rows are forgotten */
export const createFoldedRows = (table: RowTable, { isComplete = false } = {}): FoldedRows => {
  const { fold } = table;
  const handled = new Set(fold.handles);
  const rows = new Map<string, FoldedRow | null>();
  const changed = new Set<string>();
  let isWhole = isComplete;
  const keyOf = (event: EventEnvelope): string | undefined => {
    if (!handled.has(event.type)) return undefined;
    const values = fold.keyOf(event);
    return values && rowKey(values);
  };
  /** An event that has no key for a reason of its own says so when it is folded. */
  const keyIfAny = (event: EventEnvelope): string | undefined => {
    try {
      return keyOf(event);
    } catch {
      return undefined;
    }
  };
  const changedRows = (): FoldedRow[] => [...changed].map((key) => rows.get(key)).filter((row) => row !== null && row !== undefined);

  return {
    load: async (db, events) => {
      if (isWhole) return;
      const missing = new Set(events.map(keyIfAny).filter((key): key is string => key !== undefined && !rows.has(key)));
      for (const [key, row] of await readRows(db, table, [...missing])) rows.set(key, row);
    },
    fold: (event) => {
      const key = keyOf(event);
      if (key === undefined) return;
      const before = rows.get(key) ?? undefined;
      const after = fold.evolve(before, event);
      if (after === before) return;
      rows.set(key, after ?? null);
      changed.add(key);
    },
    write: async (db) => {
      const all = changedRows();
      for (let from = 0; from < all.length; from += ROWS_AT_ONCE) await writeRows(db, table, all.slice(from, from + ROWS_AT_ONCE));
      await deleteRows(db, table, [...changed].filter((key) => rows.get(key) === null));
    },
    changed: changedRows,
    size: () => rows.size,
    settle: () => changed.clear(),
    forget: () => {
      rows.clear();
      isWhole = false;
    },
  };
};
