/** Runs that begin by themselves, again and again. */
import { Command } from 'commander';
import { collect, wholeNumber } from '../option-values.ts';

type Json = { readonly json?: true };
export type SchedulesOptions = Json;
export type CreateOptions = Json & {
  readonly cron: string; readonly timeZone: string; readonly on: string; readonly action: string; readonly input: readonly string[];
  readonly waves?: string; readonly atOnce?: string; readonly maxFailures?: string; readonly sample?: string; readonly seed?: number;
};
export type DeleteOptions = Json & { readonly yes?: true };

const WHICH = ['<schedule>', 'its name or id'] as const;

export const schedulesCommand = (): Command => {
  const load = () => import('./schedules.ts');
  const schedules = new Command('schedules').description('Schedules: runs that begin by themselves, one at a time');
  schedules.command('list', { isDefault: true }).description('The schedules of the project, and what was missed').action(async (_: SchedulesOptions, command: Command) => (await load()).listAll(command.optsWithGlobals()));
  schedules
    .command('create')
    .description('Begin a run again and again')
    .argument('<name>', 'what it is called')
    .argument('<installer>', 'what is run')
    .requiredOption('--cron <times>', 'minute, hour, day of the month, month, day of the week: "30 2 * * mon-fri"')
    .requiredOption('--on <filter>', 'which servers; read anew each time')
    .option('--time-zone <zone>', 'in which the times are meant', Intl.DateTimeFormat().resolvedOptions().timeZone)
    .option('--action <action>', 'install, upgrade, backup, or what else it offers', 'install')
    .option('-i, --input <name=value>', 'an input; a schedule keeps no secrets', collect, [])
    .option('--waves <sizes>', 'how many servers have begun when each wave has: 1,25%,100%')
    .option('--at-once <number>', 'how many may be at work at once')
    .option('--max-failures <number>', 'how many may fail before the run waits for you: 0, 3 or 5%')
    .option('--sample <share>', 'only so many of the servers: 10% or 3')
    .option('--seed <number>', 'which ones: the same number chooses the same', wholeNumber)
    .action(async (name: string, installer: string, _: CreateOptions, command: Command) => (await load()).create({ name, installer }, command.optsWithGlobals()));
  for (const [verb, description] of [['pause', 'Begin no run until it is resumed'], ['resume', 'Go on with the next time; what was due meanwhile is not caught up with']] as const) {
    schedules.command(verb).description(description).argument(...WHICH).action(async (name: string, _: SchedulesOptions, command: Command) => (await load()).steer(verb, name, command.optsWithGlobals()));
  }
  schedules.command('delete').description('Delete a schedule; its runs stay').argument(...WHICH).option('--yes', 'do not ask').action(async (name: string, _: DeleteOptions, command: Command) => (await load()).remove(name, command.optsWithGlobals()));
  return schedules.addHelpText('after', `
When its run before still goes on, or nobody was there at the time, it says so and waits for the next time.

Examples:
  citrus schedules create nightly-backup postgresql --action backup --cron '30 2 * * *' --time-zone Europe/Berlin --on 'tag:db'
  citrus schedules pause nightly-backup`);
};
