/** Whether the installation is well, and what to do where it is not. */
import { Command } from 'commander';

type Json = { readonly json?: true };
export type DoctorOptions = Json & { readonly local?: true };
export type ParkedOptions = Json;
export type SkipOptions = Json & { readonly reason: string; readonly yes?: true };

const PLACE = ['<event>', 'as the list shows it: <feed>:<position>'] as const;

const parkedCommand = (): Command => {
  const load = () => import('./parked.ts');
  const parked = new Command('parked').description('Events that a feed could not handle. Later events of the same thing wait behind them.');
  parked
    .command('list', { isDefault: true })
    .description('Which are parked, since when, and why')
    .action(async (_: ParkedOptions, command: Command) => (await load()).listParked(command.optsWithGlobals()));
  parked
    .command('retry')
    .description('Try the parked events of a feed again, in order; all feeds if none is named')
    .argument('[feed]', 'as the list shows it')
    .action(async (feed: string | undefined, _: ParkedOptions, command: Command) => (await load()).retryParked(feed, command.optsWithGlobals()));
  parked
    .command('skip')
    .description('Have the feed do without this event for ever, and go on with what waits behind it')
    .argument(...PLACE)
    .requiredOption('--reason <text>', 'why; it is kept with your name')
    .option('--yes', 'do not ask')
    .action(async (place: string, _: SkipOptions, command: Command) => (await load()).skipParked(place, command.optsWithGlobals()));
  return parked.addHelpText('after', `
An event is parked when it can never work as things are: mostly a fault that a newer release mends. A restart tries again.
Look at the event first: citrus history show <log>:<position>.

Examples:
  citrus doctor parked
  citrus doctor parked retry agent-mgmt-servers
  citrus doctor parked skip metrics-activity:4711 --reason "the server was deleted by hand"`);
};

export const doctorCommand = (): Command =>
  new Command('doctor')
    .description('Looks whether everything is well: services, database, broker, readers of logs, parked events, versions, keys and certificates, disk, clocks. For administrators.')
    .option('--local', 'do not ask the API: look at what npm start left on this machine')
    .addCommand(parkedCommand())
    .addHelpText('after', `
Each finding says what to do; the exit code is 1 when there is one. Where the API does not answer, it tells what can be
seen in $CITRUS_HOME (.citrus): which programs run, their ports, the last lines of their logs.

Examples:
  citrus doctor
  citrus doctor --json | jq -r '.findings[] | "\\(.what) \\(.advice)"'
  CITRUS_HOME=/srv/citrus citrus doctor --local
  citrus doctor parked`)
    .action(async (_: DoctorOptions, command: Command) => (await import('./doctor.ts')).doctor(command.optsWithGlobals()));
