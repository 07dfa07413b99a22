/**
 * A connection of which PostgreSQL keeps the statements that are asked most (`named-statements.ts`). What it keeps must not
 * become wrong: tables grow, and read models are switched and may have other columns then.
 */
import { Unavailable } from '@citrus/kit-domain';
import type { PoolClient } from 'pg';
import type { StatementNames } from './named-statements.ts';

/** A plan that was made for a small table looks through it; when it has grown that is dear, so plans are made anew this often. */
const PLANS_LAST_MS = 20_000;

export type Ask = (text: string, values: readonly unknown[]) => Promise<unknown>;

/** A prepared statement promises its columns; the table has others by now. */
const hasOtherColumns = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '0A000' && 'routine' in error && error.routine === 'RevalidateCachedQuery';

export const preparing = (client: PoolClient, names: StatementNames, { plansLastMs = PLANS_LAST_MS } = {}): Ask => {
  let plannedAt = performance.now();
  const isInTransaction = (): boolean => client.getTransactionStatus() !== 'I';

  const askNamed = async (name: string, text: string, values: readonly unknown[]): Promise<unknown> => {
    const isAlone = !isInTransaction();
    if (isAlone && performance.now() - plannedAt >= plansLastMs) {
      plannedAt = performance.now();
      await client.query('discard plans');
    }
    try {
      return await client.query({ name, text, values: [...values] });
    } catch (cause) {
      if (!hasOtherColumns(cause)) throw cause;
      names.giveUp(text);
      if (isAlone) return client.query(text, [...values]);
      throw new Unavailable('The tables were just changed by another release. Try again.', { cause });
    }
  };
  return (text, values) => {
    const name = values.length > 0 ? names.nameOf(text) : undefined;
    return name === undefined ? client.query(text, [...values]) : askNamed(name, text, values);
  };
};
