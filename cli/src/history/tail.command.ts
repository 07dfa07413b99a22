import { Command } from 'commander';
import { TIMES, wholeNumber, withFilters, type FilterOptions } from './filter.command.ts';

export type TailOptions = FilterOptions & { readonly limit: number; readonly follow?: true; readonly json?: true };

export const tailCommand = (): Command =>
  withFilters(new Command('tail'))
    .summary('the latest events, and with -f those that follow')
    .description('The latest events of all logs; with -f also those that happen from now on, without a gap.')
    .option('-n, --limit <count>', 'how many of the latest', wholeNumber(100_000), 20)
    .option('-f, --follow', 'go on with what happens, until Ctrl-C')
    .addHelpText('after', `${TIMES}

With -f nothing is missed or told twice, also over a broken connection or a restart of the hub.

Examples:
  citrus history tail
  citrus history tail -f --category server,job
  citrus history tail --text "no space" --from -7d
  citrus history tail -n 100 --type JobFinished --json | jq -r .data.status`)
    .action(async (_: TailOptions, command: Command) => (await import('./tail.ts')).tail(command.optsWithGlobals()));
