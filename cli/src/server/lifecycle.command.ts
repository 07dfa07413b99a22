/** From asking for a server to deleting it. */
import { Command, Option } from 'commander';
import { collect, wholeNumber } from '../option-values.ts';

type Json = { readonly json?: true };
export type CreateOptions = Json & {
  readonly region?: string; readonly size?: string; readonly image?: string; readonly tag: readonly string[]; readonly sshKey: readonly string[]; readonly vpc?: string;
  readonly cloud?: string; readonly backups?: true; readonly ipv6: boolean; readonly monitoring: boolean; readonly priority?: string; readonly wait: boolean;
};
export type ShowOptions = Json;
export type WaitOptions = Json & { readonly wait: boolean };
export type DeleteOptions = WaitOptions & { readonly yes?: true };
export type MetricsOptions = Json & { readonly from?: string; readonly until?: string; readonly limit: number };

const SERVER = ['<server>', 'its name or id'] as const;
const NO_WAIT = ['--no-wait', 'do not wait until it is done'] as const;
const load = () => import('./lifecycle.ts');
const instant = async () => (await import('../history/instant.ts')).parseInstant;

const createCommand = (): Command =>
  new Command('create').summary('make a server').description('Makes a server at the cloud and waits until its agent has connected. What you leave out is what its cloud usually gives.')
    .argument('<name>', '1 to 48 lower-case letters, digits and dashes')
    .option('--region <region>', 'where: citrus clouds catalog lists them')
    .option('--size <size>', 'how large')
    .option('--image <image>', 'what it runs')
    .option('--tag <tag>', 'a word to find it by; may be given more than once', collect, [])
    .option('--ssh-key <key>', 'id or fingerprint of a key that the cloud knows; may be given more than once', collect, [])
    .option('--vpc <id>', 'in which private network')
    .option('--cloud <cloud>', 'with which of the project\'s clouds, by its name or id; its default one if left out')
    .option('--backups', 'with the cloud\'s own backups')
    .option('--no-ipv6', 'without an IPv6 address')
    .option('--no-monitoring', 'without the cloud\'s own monitoring')
    .addOption(new Option('--priority <priority>', 'whose turn it is when many wait for the cloud; high is for admins').choices(['high', 'normal', 'low']))
    .option(...NO_WAIT)
    .addHelpText('after', `
Ctrl-C ends the waiting, not the creation: citrus servers show tells how it goes, citrus servers delete takes it back.

Examples:
  citrus servers create web-1
  citrus servers create db-1 --region fra1 --size s-2vcpu-4gb --tag db --tag prod
  id=$(citrus servers create web-2 --no-wait --json | jq -r .id)`)
    .action(async (name: string, _: CreateOptions, command: Command) => (await load()).create(name, command.optsWithGlobals()));

export const lifecycleCommands = (): Command[] => [
  createCommand(),
  new Command('show').description('One server: how it stands, its address, what waits').argument(...SERVER)
    .addHelpText('after', '\nExamples:\n  citrus servers show web-1\n  citrus servers show web-1 --json | jq -r .ipAddress')
    .action(async (server: string, _: ShowOptions, command: Command) => (await load()).show(server, command.optsWithGlobals())),
  new Command('watch').description('Wait until a server is active, deleted or failed; the exit code says which').argument(...SERVER)
    .addHelpText('after', '\nExamples:\n  citrus servers create web-1 --no-wait && citrus servers watch web-1')
    .action(async (server: string, _: ShowOptions, command: Command) => (await load()).watch(server, command.optsWithGlobals())),
  new Command('retry').description('Try a failed server again, from the step that failed').argument(...SERVER).option(...NO_WAIT)
    .addHelpText('after', '\nExamples:\n  citrus servers retry web-1')
    .action(async (server: string, _: WaitOptions, command: Command) => (await load()).retry(server, command.optsWithGlobals())),
  new Command('delete').description('Delete a server and its machine at the cloud, with everything on it').argument(...SERVER).option('--yes', 'do not ask').option(...NO_WAIT)
    .addHelpText('after', '\nExamples:\n  citrus servers delete web-1\n  citrus servers delete web-1 --yes --no-wait')
    .action(async (server: string, _: DeleteOptions, command: Command) => (await load()).remove(server, command.optsWithGlobals())),
  new Command('metrics').description('Samples of CPU, memory, disk and network, the newest last').argument(...SERVER)
    .option('--from <time>', 'only samples of this time and later: -1h, 2026-11-21T10:00:00Z')
    .option('--until <time>', 'only samples before this time')
    .option('-n, --limit <count>', 'at most so many, up to 2000', wholeNumber, 20)
    .addHelpText('after', '\nExamples:\n  citrus servers metrics web-1\n  citrus servers metrics web-1 --from -1d --json | jq \'[.samples[].cpuPercent] | add / length\'')
    .action(async (server: string, _: MetricsOptions, command: Command) => {
      const [parse, options] = [await instant(), command.optsWithGlobals<MetricsOptions>()];
      await (await load()).metrics(server, { ...options, ...(options.from !== undefined && { from: parse(options.from) }), ...(options.until !== undefined && { until: parse(options.until) }) });
    }),
];
