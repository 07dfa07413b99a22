/**
 * A query sees events and nothing else. Whoever wrote it (perhaps not the person who runs it) gets at no other file, no
 * network and no setting; and it can only read, so that the copies of events stay what they are.
 */
import { usageFailure } from '../failure.ts';
import { quoted, type Engine } from './duckdb.ts';
import { listOf } from './parquet.ts';
import { createViews } from './views.ts';

const ADVICE = 'See what can be asked for: citrus history sql --tables';

/** @param query for views of single types: those that it names are made, without one all are */
export const openSandbox = async (engine: Engine, files: { readonly parquet: readonly string[]; readonly spillFolder: string }, query?: string): Promise<void> => {
  await createViews(engine, files.parquet, query);
  // `now()` and `current_date` mean what the columns mean.
  await engine.run("set timezone = 'UTC'");
  await engine.run(`set temp_directory = ${quoted(files.spillFolder)}`);
  await engine.run(`set allowed_paths = ${listOf(files.parquet)}`);
  await engine.run('set enable_external_access = false');
  await engine.run('set lock_configuration = true');
};

const refused = (error: unknown): Error => usageFailure(`the query cannot be run: ${(error instanceof Error ? error.message : String(error)).trim()}`, ADVICE);

export type Rows = { readonly columns: readonly string[]; readonly isJson: readonly boolean[]; readonly chunks: AsyncIterable<readonly (readonly unknown[])[]> };

/** @throws CliFailure when it is no single query, or the engine refuses it */
export const runQuery = async (engine: Engine, query: string): Promise<Rows> => {
  const { StatementType } = await import('@duckdb/node-api');
  try {
    const statements = await engine.extractStatements(query);
    if (statements.count !== 1) throw usageFailure(`this is ${statements.count === 0 ? 'no query' : `${statements.count} statements`}`, 'Write one query; use "with … as (…)" for steps.');
    const prepared = await statements.prepare(0);
    if (prepared.statementType !== StatementType.SELECT) throw usageFailure('history can only be read', 'Write a query: select …, from …, with …, describe …, summarize …');
    const result = await prepared.stream();
    return { columns: result.deduplicatedColumnNames(), isJson: result.columnTypes().map(({ alias }) => alias === 'JSON'), chunks: guarded(result.yieldRowsJs()) };
  } catch (error) {
    if (error instanceof Error && error.name === 'CliFailure') throw error;
    throw refused(error);
  }
};

/** Streamed, it may fail in the middle: a division by zero in the last row. */
async function* guarded<T>(chunks: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* chunks;
  } catch (error) {
    throw refused(error);
  }
}
