import { Command } from 'commander';
import { TIMES, wholeNumber, withFilters, type FilterOptions } from './filter.command.ts';

export type GrepOptions = FilterOptions & { readonly limit?: number; readonly ignoreCase?: true; readonly json?: true };

export const grepCommand = (): Command =>
  withFilters(new Command('grep'))
    .summary('events that contain a text')
    .description('Events that contain a text anywhere in their type, stream, actor or payload, oldest first.')
    .argument('<text>', 'the text; between slashes a regular expression: /time(d|s) out/i')
    .option('-i, --ignore-case', 'small and capital letters are the same')
    .option('-n, --limit <count>', 'stop after this many', wholeNumber(1_000_000))
    .addHelpText('after', `${TIMES}

Every event that passes the filters is looked at, so narrow it down where you can.

Examples:
  citrus history grep "no space left" --category job --from -7d
  citrus history grep "/exit(ed)? (with )?1[0-9]/i"
  citrus history grep web-1 --json | jq -r .stream`)
    .action(async (text: string, _: GrepOptions, command: Command) => (await import('./grep.ts')).grep(text, command.optsWithGlobals()));
