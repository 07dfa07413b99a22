/**
 * The connection on which a log is appended to. It is taken from the pool and kept while one call follows the other: to give it
 * back and take it again in between would take a tenth of the caller's part of an append.
 */
import type { Pool, PoolClient } from 'pg';
import { AppendCall, type Fields, type Prepared, type Value } from './append-call.ts';

/** One call at a time. */
export type Ask = (statement: Prepared, values: Value[]) => Promise<Fields>;

export const createAppendConnection = (pool: Pool): { readonly ask: Ask; /** Nothing is asked for the moment. */ readonly rest: () => void } => {
  let kept: PoolClient | undefined;

  /** With an error it is not used again; the next call gets another one. */
  const giveBack = (error?: Error): void => {
    const client = kept;
    kept = undefined;
    client?.removeListener('error', giveBack);
    client?.release(error);
  };

  const take = async (): Promise<PoolClient> => {
    const client = await pool.connect();
    // It may be lost between two calls, where no call would tell.
    client.once('error', giveBack);
    kept = client;
    return client;
  };

  return {
    ask: async (statement, values) => {
      const client = kept ?? (await take());
      try {
        return await new Promise((resolve, reject) => client.query(new AppendCall(statement, values, [resolve, reject])));
      } catch (error) {
        giveBack(error instanceof Error ? error : new Error(String(error)));
        throw error;
      }
    },
    rest: () => giveBack(),
  };
};
