import { Command, Option } from 'commander';
import { TIMES, withFilters, type FilterOptions } from './filter.command.ts';

export type ExportOptions = FilterOptions & { readonly format: 'ndjson' | 'parquet'; readonly output?: string; readonly force?: true; readonly json?: true };

export const exportCommand = (): Command =>
  withFilters(new Command('export'))
    .summary('all events into a file')
    .description('All events, or those that pass the filters, into a file; it is there whole or not at all.')
    .addOption(new Option('--format <format>', 'NDJSON is the events as they are; Parquet has typed columns').choices(['ndjson', 'parquet']).default('ndjson'))
    .option('-o, --output <file>', 'where to; NDJSON goes to stdout without it')
    .option('--force', 'replace the file if it is there')
    .addHelpText('after', `${TIMES}

Columns of Parquet: service, position, recorded_at (UTC), id, type, version, stream, aggregate, aggregate_id,
stream_version, actor_kind, actor_id, project_id, causation_id, correlation_id, data (JSON). The same events make the
same bytes.

Examples:
  citrus history export --format parquet -o history.parquet
  citrus history export --from -7d --category job -o jobs.ndjson
  citrus history export | gzip > history.ndjson.gz`)
    .action(async (_: ExportOptions, command: Command) => (await import('./export.ts')).exportHistory(command.optsWithGlobals()));
