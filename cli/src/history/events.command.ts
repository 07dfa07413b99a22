/** `citrus events`: the events of the room of the same name, by the words that people look for. */
import { Command } from 'commander';
import { instant, TIMES, wholeNumber, withFilters, type FilterOptions } from './filter.command.ts';

export type EventsOptions = FilterOptions & { readonly limit: number; readonly follow?: true; readonly since?: string; readonly json?: true };

export const eventsCommand = (): Command =>
  withFilters(new Command('events'))
    .description('What happened, the latest last; with --follow also what happens from now on, without a gap.')
    .option('--since <time>', 'the same as --from', instant)
    .option('-n, --limit <count>', 'how many of the latest', wholeNumber(100_000), 20)
    .option('-f, --follow', 'go on with what happens, until Ctrl-C')
    .addHelpText('after', `${TIMES}

With --follow nothing is missed or told twice, also over a broken connection or a restart of the hub. --json gives an event
a line (NDJSON). To ask more of it, how things were, why, SQL: citrus history --help.

Examples:
  citrus events
  citrus events --since -1h --about server/web-1
  citrus events --text "exit 2 nginx" --category job,run --since -7d
  citrus events --actor 2981e3a6-8de8-54dd-ab3a-9799f06fdfb2 --until yesterday
  citrus events --type ServerFailed,JobFinished --follow
  citrus events --follow --json | jq -r 'select(.type == "ServerActivated").data.serverId'`)
    .action(async (_: EventsOptions, command: Command) => {
      const { since, ...options } = command.optsWithGlobals<EventsOptions>();
      await (await import('./tail.ts')).tail({ ...options, ...(since !== undefined && options.from === undefined && { from: since }) });
    });
