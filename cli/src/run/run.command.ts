/** One installer's action on many servers. */
import { Command } from 'commander';
import { collect } from '../option-values.ts';
import { withStrategy, type StrategyOptions } from './strategy.options.ts';

type Json = { readonly json?: true };
export type RunsOptions = Json;
export type StartOptions = Json & StrategyOptions & {
  readonly on: string; readonly action: string; readonly input: readonly string[];
  readonly window?: string; readonly plan?: true; readonly yes?: true; readonly follow?: boolean;
};
export type AbortOptions = Json & { readonly cancelRunning?: true };
export type ShowOptions = Json & { readonly outcome?: string };

const ID = ['<run>', 'its id, or the beginning of it'] as const;

const startCommand = (): Command =>
  withStrategy(
    new Command('start')
      .summary('run an installer on the servers that a filter means')
      .description('Runs an installer\'s action on every server that a filter means: one first, then a quarter, then all, unless told otherwise. Shows the plan and asks before it begins.')
      .argument('<installer>', 'its id, as the catalogue shows it')
      .requiredOption('--on <filter>', 'which servers: "tag:web+prod region:fra1 !name:web-3", "web-*", or "*" for all')
      .option('--action <action>', 'install, upgrade, uninstall, or what else it offers', 'install')
      .option('-i, --input <name=value>', 'an input; name=@file takes it from a file, name=@- from standard input', collect, []),
  )
    .option('--window <number>', 'no waves: always so many at work at once, the next as soon as one has ended')
    .option('--plan', 'show what would happen, and end')
    .option('--no-follow', 'do not wait for its end')
    .option('--yes', 'do not ask')
    .addHelpText('after', `
When more servers have failed than may, no further one is begun and the run waits: see who failed with "citrus runs show",
then resume or abort it. A password belongs into a file or standard input, not on the command line.

Examples:
  citrus runs start nginx --on 'tag:web' --plan
  citrus runs start nginx --on 'tag:web+prod' -i port=8080 --waves 1,10%,100% --max-failures 2%
  pass show db | citrus runs start postgresql --on 'db-*' -i admin_password=@-`)
    .action(async (installer: string, _: StartOptions, command: Command) => (await import('./start.ts')).start(installer, command.optsWithGlobals()));

export const runsCommand = (): Command => {
  const runs = new Command('runs').description('One installer on many servers, in waves, with a limit to what may fail');
  runs
    .command('list', { isDefault: true })
    .description('The runs of the project, newest first')
    .action(async (_: RunsOptions, command: Command) => (await import('./runs.ts')).listAll(command.optsWithGlobals()));
  runs.addCommand(startCommand());
  runs
    .command('show')
    .description('How a run stands, and what became of each server')
    .argument(...ID)
    .option('--outcome <outcome>', 'only these: not-started, waiting, running, succeeded, failed, unanswered, cancelled or refused')
    .action(async (run: string, _: ShowOptions, command: Command) => (await import('./runs.ts')).show(run, command.optsWithGlobals()));
  runs
    .command('follow')
    .description('Wait for a run to end or to wait for you')
    .argument(...ID)
    .action(async (run: string, _: RunsOptions, command: Command) => (await import('./runs.ts')).followNamed(run, command.optsWithGlobals()));
  for (const [verb, description] of [['pause', 'Begin no further server; what runs goes on'], ['resume', 'Go on; what has failed so far counts no longer'], ['retry', 'Begin a new run on the servers that did not succeed, with the same inputs']] as const) {
    runs
      .command(verb)
      .description(description)
      .argument(...ID)
      .action(async (run: string, _: RunsOptions, command: Command) => (await import('./runs.ts')).steer(verb, run, command.optsWithGlobals()));
  }
  runs
    .command('abort')
    .description('End a run: no further server begins, what waits is cancelled')
    .argument(...ID)
    .option('--cancel-running', 'stop what runs, too')
    .action(async (run: string, _: AbortOptions, command: Command) => (await import('./runs.ts')).abort(run, command.optsWithGlobals()));
  return runs.addHelpText('after', `
Examples:
  citrus runs
  citrus runs start nginx --on 'tag:web+prod' --waves 1,25%,100%
  citrus runs show 01a1 --outcome failed
  citrus runs retry 01a1`);
};
