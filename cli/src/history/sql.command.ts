import { Command, Option } from 'commander';

export type SqlOptions = { readonly format: 'table' | 'json' | 'csv'; readonly tables?: true; readonly refresh: boolean; readonly json?: true };

export const sqlCommand = (): Command =>
  new Command('sql')
    .summary('ask the events in SQL')
    .description('Ask the events in SQL. DuckDB runs here, over a copy of the events that you may see.')
    .argument('[query]', 'one query; - reads it from stdin')
    .addOption(new Option('--format <format>', 'how to answer').choices(['table', 'json', 'csv']).default('table'))
    .option('--tables', 'what can be asked for, with its columns')
    .option('--no-refresh', 'ask the copy as it is, without what happened since')
    .addHelpText('after', `
Tables: events, servers, server_steps, jobs, and one for each type of event (job_finished, server_activated, …) with its
fields as columns. Times are UTC.

The copy is in ~/.cache/citrus, readable by you alone, and made anew every day. A query sees nothing else of this
machine: no files, no network.

Examples:
  citrus history sql --tables
  citrus history sql "select name, seconds_to_active from servers order by 2 desc limit 10"
  citrus history sql "select type, count(*) from events group by all order by 2 desc" --format csv
  citrus history sql - --json < question.sql`)
    .action(async (query: string | undefined, _: SqlOptions, command: Command) => (await import('./sql.ts')).sql(query, command.optsWithGlobals()));
