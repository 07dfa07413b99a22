import { Command } from 'commander';
import { TIMES, wholeNumber, withFilters, type FilterOptions } from './filter.command.ts';

export type ShowOptions = FilterOptions & { readonly limit?: number; readonly json?: true };

export const showCommand = (): Command =>
  withFilters(new Command('show'))
    .summary('what happened to one thing, from its beginning')
    .description('What happened to one thing, from its beginning; or one event in full.')
    .argument('<what>', 'server/<name or id>, job/<id>, agent/<id>, a stream, an id, or a place in a log (provisioning:12)')
    .option('-n, --limit <count>', 'at most this many events', wholeNumber(1_000_000))
    .addHelpText('after', `${TIMES}

A server is shown with the jobs on it; a stream (server-<id>) alone. In a terminal ids are shortened; whole ones are in a
pipe, in --json, and in what show <place> tells.

Examples:
  citrus history show server/web-1
  citrus history show server/web-1 --type JobFinished --from -7d
  citrus history show provisioning:12
  citrus history show job/0198c0de-0000-7000-8000-000000000001 --json | jq .type`)
    .action(async (what: string, _: ShowOptions, command: Command) => (await import('./show.ts')).show(what, command.optsWithGlobals()));
