import { join } from 'node:path';
import { openCopyOfEvents } from '../analysis/copy-of-events.ts';
import { withEngine, type Engine } from '../analysis/duckdb.ts';
import { openSandbox, runQuery, type Rows } from '../analysis/sandbox.ts';
import { cellValue, csvLine, textValue } from '../analysis/values.ts';
import { openApi } from '../api/api.ts';
import { usageFailure } from '../failure.ts';
import { withTemporaryFiles } from '../output/atomic-file.ts';
import { tableOf } from '../output/table.ts';
import { printableLines, processTerminal, type Terminal } from '../output/terminal.ts';
import { placesOf } from '../session/places.ts';
import type { SqlOptions } from './sql.command.ts';

const MOST_ROWS_OF_A_TABLE = 10_000;

/** Of a view for one type of event only what is its own; the rest is as in `events`. */
const ALL_COLUMNS = `with shown as (select * from duckdb_columns() where schema_name = 'main' and not internal)
  select table_name as "table", string_agg(column_name || ' ' || lower(data_type), ', ' order by column_index) as columns
  from shown
  where table_name in ('events', 'servers', 'server_steps', 'jobs') or column_name not in (select column_name from shown where table_name = 'events')
  group by table_name order by table_name not in ('events', 'servers', 'server_steps', 'jobs'), table_name`;
const LIST_WIDTH = 100;

const ADVICE = 'citrus history sql "select count(*) from events", or --tables to see what can be asked for.';

const stdinText = async (): Promise<string> => {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
  return text;
};

const queryOf = async (given: string | undefined, { tables }: SqlOptions): Promise<string> => {
  if (tables) {
    if (given !== undefined) throw usageFailure('a query and --tables exclude each other', 'Ask for one of them.');
    return ALL_COLUMNS;
  }
  if (given === undefined) throw usageFailure('there is no query', ADVICE);
  const query = given === '-' ? await stdinText() : given;
  if (query.trim() === '') throw usageFailure('the query is empty', ADVICE);
  return query;
};

const tellTable = async ({ columns, chunks }: Rows, terminal: Terminal): Promise<void> => {
  const rows: string[][] = [];
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    for (const row of chunk.slice(0, MOST_ROWS_OF_A_TABLE - rows.length)) rows.push(row.map(textValue));
  }
  await terminal.out(tableOf(columns, rows, terminal));
  terminal.note(total > rows.length ? `the first ${rows.length} of ${total} rows; all of them with --format csv or json` : `${total} ${total === 1 ? 'row' : 'rows'}`);
};

const wrapped = (text: string): string => text.split(', ').reduce((lines, word) => (lines.length - lines.lastIndexOf('\n') + word.length > LIST_WIDTH ? `${lines},\n  ${word}` : `${lines}, ${word}`));

const tellTables = async ({ chunks }: Rows, terminal: Terminal): Promise<void> => {
  for await (const chunk of chunks) for (const [name, columns] of chunk) await terminal.out(`${terminal.style('bold', textValue(name))}\n  ${wrapped(textValue(columns))}`);
  terminal.note('\nTables of one type of event (job_finished, …) have these columns and those that say when, where and by whom, as in events.');
};

/** One array, but never whole in memory. */
const tellJson = async ({ columns, isJson, chunks }: Rows, terminal: Terminal): Promise<void> => {
  let opening = '[';
  for await (const chunk of chunks) {
    for (const row of chunk) {
      await terminal.out(`${opening}${JSON.stringify(Object.fromEntries(row.map((value, index) => [columns[index], cellValue(value, isJson[index] === true)])))}`);
      opening = ',';
    }
  }
  await terminal.out(opening === '[' ? '[]' : ']');
};

/** As it is for a file or a program; a terminal must not be steered by it. */
const tellCsv = async ({ columns, chunks }: Rows, terminal: Terminal): Promise<void> => {
  const lineOf = (row: readonly unknown[]) => (terminal.columns === undefined ? csvLine(row) : printableLines(csvLine(row)));
  await terminal.out(lineOf(columns));
  for await (const chunk of chunks) for (const row of chunk) await terminal.out(lineOf(row));
};

const answer = async (engine: Engine, query: string, { options, terminal }: { options: SqlOptions; terminal: Terminal }): Promise<void> => {
  const rows = await runQuery(engine, query);
  if (options.json || options.format === 'json') return tellJson(rows, terminal);
  if (options.tables && options.format === 'table') return tellTables(rows, terminal);
  return options.format === 'csv' ? tellCsv(rows, terminal) : tellTable(rows, terminal);
};

export const sql = async (given: string | undefined, options: SqlOptions): Promise<void> => {
  const query = await queryOf(given, options);
  const terminal = processTerminal();
  const api = openApi();
  await withEngine(async (engine) => {
    const { parquet, folder } = await openCopyOfEvents(api, placesOf(), { engine, isRefreshed: options.refresh, note: terminal.note });
    const spillFolder = join(folder, `spill-${process.pid}`);
    await withTemporaryFiles([spillFolder], async () => {
      await openSandbox(engine, { parquet, spillFolder }, options.tables ? undefined : query);
      await answer(engine, query, { options, terminal });
    });
  });
};
