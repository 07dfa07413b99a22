/** DuckDB, loaded only by the commands that need it: its library is some tens of megabytes. */
import type { DuckDBConnection } from '@duckdb/node-api';

export type Engine = DuckDBConnection;

/**
 * Process exit waits for a query that is running, and a query may run for hours: it is interrupted first. This listens
 * before `main.ts` does its `process.exit`, because listeners are called in the order in which they came.
 */
export const withEngine = async <T>(work: (engine: Engine) => Promise<T>): Promise<T> => {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:');
  const engine = await instance.connect();
  const interrupt = () => engine.interrupt();
  for (const signal of SIGNALS) process.prependListener(signal, interrupt);
  try {
    return await work(engine);
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
    engine.closeSync();
    instance.closeSync();
  }
};

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A text as an SQL literal. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The first column of a query that answers texts. */
export const textsOf = async (engine: Engine, query: string): Promise<string[]> => (await (await engine.run(query)).getRowsJson()).flatMap(([value]) => (typeof value === 'string' ? [value] : []));
