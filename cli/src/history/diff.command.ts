import { Command } from 'commander';
import { TIMES } from './filter.command.ts';
import { moment } from './state.command.ts';

export type DiffOptions = { readonly from: string; readonly to?: string; readonly json?: true };

export const diffCommand = (): Command =>
  new Command('diff')
    .summary('what changed between two times')
    .description('What changed between two times, field by field.')
    .argument('<what>', 'servers, jobs, agents, server/<name or id>, job/<id>, agent/<id>')
    .requiredOption('--from <time>', 'the earlier time (or a place in its log)', moment)
    .option('--to <time>', 'the later time; now, if left out', moment)
    .addHelpText('after', `${TIMES}

Marks: + was not there before, - is not there any more, ~ changed.

Examples:
  citrus history diff server/web-1 --from "yesterday 12:00"
  citrus history diff servers --from -7d --to -1d
  citrus history diff jobs --from agent-mgmt:100 --json`)
    .action(async (what: string, _: DiffOptions, command: Command) => (await import('./diff.ts')).diff(what, command.optsWithGlobals()));
