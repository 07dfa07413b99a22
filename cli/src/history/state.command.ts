import { Command } from 'commander';
import { instant, TIMES } from './filter.command.ts';

export type StateOptions = { readonly at?: string; readonly json?: true };

/** An instant, or positions in the logs as cursors have them. */
export const moment = (text: string): string => (/^[a-z-]+:\d+(?:,[a-z-]+:\d+)*$/.test(text) ? text : instant(text));

export const stateCommand = (): Command =>
  new Command('state')
    .summary('how things stood at any time')
    .description('How one thing, or all of a kind, stood at a time; folded from the events until then.')
    .argument('<what>', 'servers, jobs, agents, server/<name or id>, job/<id>, agent/<id>')
    .option('--at <time>', 'when (or a place in its log: provisioning:123); now, if left out', moment)
    .addHelpText('after', `${TIMES}

Examples:
  citrus history state server/web-1 --at "yesterday 12:00"
  citrus history state servers --at -7d
  citrus history state jobs --json | jq '.items[].state.status'`)
    .action(async (what: string, _: StateOptions, command: Command) => (await import('./state.ts')).state(what, command.optsWithGlobals()));
