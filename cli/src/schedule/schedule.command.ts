/** Runs that begin by themselves, again and again. */
import { Command, Option } from 'commander';
import { collect } from '../option-values.ts';
import { withStrategy, type StrategyOptions } from '../run/strategy.options.ts';

type Json = { readonly json?: true };
export type SchedulesOptions = Json;
export type CreateOptions = Json & StrategyOptions & {
  readonly cron: string; readonly timeZone: string; readonly on: string; readonly action: string; readonly input: readonly string[];
};
export type ChangeOptions = Json & Omit<StrategyOptions, 'sample'> & {
  readonly name?: string; readonly installer?: string; readonly cron?: string; readonly timeZone?: string; readonly on?: string; readonly action?: string; readonly input: readonly string[]; readonly dropInput: readonly string[];
  readonly priority?: string; readonly sample?: string | false;
};
export type PreviewOptions = Json & { readonly timeZone: string };
export type DeleteOptions = Json & { readonly yes?: true };

const WHICH = ['<schedule>', 'its name or id'] as const;

const changeCommand = (): Command =>
  withStrategy(
    new Command('change')
      .description('Change what a schedule runs, where or when; what is not named stays as it is, and so do runs that have begun')
      .argument(...WHICH)
      .option('--name <name>', 'what it is called from now on')
      .option('--cron <times>', 'minute, hour, day of the month, month, day of the week')
      .option('--time-zone <zone>', 'in which the times are meant; the one it has if left out')
      .option('--on <filter>', 'which servers; read anew each time')
      .option('--installer <installer>', 'what is run')
      .option('--action <action>', 'install, upgrade, backup, or what else it offers')
      .option('-i, --input <name=value>', 'an input; the others stay', collect, [])
      .option('--drop-input <name>', 'an input that it has no more; may be given more than once', collect, [])
      .addOption(new Option('--priority <priority>', 'before which others of their server its jobs come').choices(['critical', 'high', 'normal', 'low'])),
  )
    .option('--no-sample', 'all of the servers')
    .addHelpText('after', `
Where its times change, they are read back in words.

Examples:
  citrus schedules change nightly-backup --cron '0 4 * * mon-fri'
  citrus schedules change nightly-backup --on 'tag:db+prod' -i keep=14 --no-sample`)
    .action(async (name: string, _: ChangeOptions, command: Command) => (await import('./change.ts')).change(name, command.optsWithGlobals()));

const previewCommand = (): Command =>
  new Command('preview')
    .description('Read times back in words, with the next five of them; makes nothing')
    .argument('<times>', 'minute, hour, day of the month, month, day of the week')
    .option('--time-zone <zone>', 'in which the times are meant', Intl.DateTimeFormat().resolvedOptions().timeZone)
    .addHelpText('after', `
Examples:
  citrus schedules preview '30 2 * * mon-fri' --time-zone Europe/Berlin
  citrus schedules preview '0 */6 * * *' --json | jq -r '.next[0]'`)
    .action(async (times: string, _: PreviewOptions, command: Command) => (await import('./preview.ts')).preview(times, command.optsWithGlobals()));

export const schedulesCommand = (): Command => {
  const load = () => import('./schedules.ts');
  const schedules = new Command('schedules').description('Schedules: runs that begin by themselves, one at a time');
  schedules.command('list', { isDefault: true }).description('The schedules of the project, and what was missed').action(async (_: SchedulesOptions, command: Command) => (await load()).listAll(command.optsWithGlobals()));
  withStrategy(
    schedules
      .command('create')
      .description('Begin a run again and again')
      .argument('<name>', 'what it is called')
      .argument('<installer>', 'what is run')
      .requiredOption('--cron <times>', 'minute, hour, day of the month, month, day of the week: "30 2 * * mon-fri"')
      .requiredOption('--on <filter>', 'which servers; read anew each time')
      .option('--time-zone <zone>', 'in which the times are meant', Intl.DateTimeFormat().resolvedOptions().timeZone)
      .option('--action <action>', 'install, upgrade, backup, or what else it offers', 'install')
      .option('-i, --input <name=value>', 'an input; a schedule keeps no secrets', collect, []),
  )
    .action(async (name: string, installer: string, _: CreateOptions, command: Command) => (await load()).create({ name, installer }, command.optsWithGlobals()));
  schedules.addCommand(changeCommand()).addCommand(previewCommand());
  for (const [verb, description] of [['pause', 'Begin no run until it is resumed'], ['resume', 'Go on with the next time; what was due meanwhile is not caught up with']] as const) {
    schedules.command(verb).description(description).argument(...WHICH).action(async (name: string, _: SchedulesOptions, command: Command) => (await load()).steer(verb, name, command.optsWithGlobals()));
  }
  schedules.command('delete').description('Delete a schedule; its runs stay').argument(...WHICH).option('--yes', 'do not ask').action(async (name: string, _: DeleteOptions, command: Command) => (await load()).remove(name, command.optsWithGlobals()));
  return schedules.addHelpText('after', `
When its run before still goes on, or nobody was there at the time, it says so and waits for the next time.

Examples:
  citrus schedules create nightly-backup postgresql --action backup --cron '30 2 * * *' --time-zone Europe/Berlin --on 'tag:db'
  citrus schedules preview '30 2 * * mon-fri'
  citrus schedules change nightly-backup --cron '0 4 * * *'
  citrus schedules pause nightly-backup`);
};
