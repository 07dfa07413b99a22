/** One installer's action on one server: ask for it, follow it, stop it. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { collect, wholeNumber } from '../option-values.ts';

type Json = { readonly json?: true };
export type JobsOptions = Json;
export type ShowOptions = Json & { readonly script?: true; readonly details?: true };
export type ListOptions = Json & { readonly status?: string; readonly on?: string; readonly installer?: string; readonly search?: string; readonly oldestFirst?: true };
export type LogOptions = Json & { readonly follow?: true; readonly text?: true; readonly search?: string; readonly regex?: true; readonly matchCase?: true; readonly limit?: number };
export type FollowOptions = Json & { readonly follow?: boolean };
export type InstallOptions = FollowOptions & {
  readonly on: string; readonly action: string; readonly input: readonly string[]; readonly priority: string;
  readonly after: readonly string[]; readonly withDependencies?: true; readonly sameInputs?: true; readonly waitMinutes?: number;
};

const minutes = (text: string): number => {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('It is a whole number of minutes.');
  return Number(text);
};
const WHICH = ['<job>', 'its id, or the beginning of it'] as const;
const STATUSES = ['queued', 'dispatched', 'running', 'cancelling', 'succeeded', 'failed', 'timed_out', 'cancelled', 'expired', 'lost'];

const installCommand = (): Command =>
  new Command('install')
    .summary('run an installer on one server')
    .description('Runs an installer\'s action on one server and follows its output to the end.')
    .argument('<installer>', 'its id, as the catalogue shows it')
    .requiredOption('--on <server>', 'its name or id')
    .option('--same-inputs', 'begin with the answers of the last attempt on that server, however it ended; -i says what shall differ, and passwords are given again')
    .option('--action <action>', 'install, upgrade, uninstall, or what else it offers', 'install')
    .option('-i, --input <name=value>', 'an input; name=@file takes it from a file, name=@- from standard input', collect, [])
    .addOption(new Option('--priority <priority>', 'before which others of its server it comes').choices(['critical', 'high', 'normal', 'low']).default('normal'))
    .option('--after <job>', 'begin only when this job has succeeded; may be given more than once', collect, [])
    .option('--with-dependencies', 'install first what it depends on and what is not there')
    .option('--wait-minutes <minutes>', 'how long it waits for the server to be online; a day unless you say so', minutes)
    .option('--no-follow', 'do not wait for its end')
    .addHelpText('after', `
A password belongs into a file or standard input, not on the command line. To run it on many servers: citrus runs start.

Examples:
  citrus jobs install nginx --on web-1 -i port=8080
  citrus jobs install wordpress --on web-1 --with-dependencies --priority high
  citrus jobs install nginx --action uninstall --on web-1 --no-follow`)
    .action(async (installer: string, _: InstallOptions, command: Command) => (await import('./install.ts')).install(installer, command.optsWithGlobals()));

const showCommand = (): Command =>
  new Command('show')
    .description('How a job stands, and what it waits for')
    .argument(...WHICH)
    .option('--details', 'also its variables, each attempt, and the files of its installer')
    .option('--script', 'the exact script that it runs, and nothing else')
    .addHelpText('after', `
Secrets are named, their values are never shown. With --json, --details is the whole answer of the API, and --script its script.

Examples:
  citrus jobs show 01a1 --details
  citrus jobs show 01a1 --script > install.sh`)
    .action(async (job: string, _: ShowOptions, command: Command) => (await import('./jobs.ts')).show(job, command.optsWithGlobals()));

const logCommand = (): Command =>
  new Command('log')
    .description('What a job has printed')
    .argument(...WHICH)
    .option('-f, --follow', 'go on until it has ended; the exit code says how')
    .option('--text', 'as one text: into a file with its colours, exactly as it was printed')
    .option('--search <text>', 'only the lines with this text, with their numbers; the whole log is looked at')
    .option('--regex', 'what is searched for is a pattern in RE2 syntax')
    .option('--match-case', 'capitals matter in the search')
    .option('-n, --limit <count>', 'stop after so many lines that were found', wholeNumber)
    .addHelpText('after', `
With --json, a piece of the log or a line that was found is a line (NDJSON).

Examples:
  citrus jobs log 01a1 --follow
  citrus jobs log 01a1 --search "no space left"
  citrus jobs log 01a1 --search "exit(ed)? with [1-9]" --regex --json | jq -r .line
  citrus jobs log 01a1 --text > nginx.log`)
    .action(async (job: string, _: LogOptions, command: Command) => (await import('./jobs.ts')).log(job, command.optsWithGlobals()));

export const jobsCommand = (): Command => {
  const load = () => import('./jobs.ts');
  const jobs = new Command('jobs').description('Jobs: an installer on one server, with its log');
  jobs
    .command('list', { isDefault: true })
    .description('The jobs of the project, newest first')
    .addOption(new Option('--status <status>', 'only these').choices(STATUSES))
    .option('--on <server>', 'only those of this server, by its name or id')
    .option('--installer <installer>', 'only those of this installer')
    .option('--search <words>', 'only those with all these words in their installer, action, status, reason or server, or whose id begins so')
    .option('--oldest-first', 'the oldest first')
    .action(async (_: ListOptions, command: Command) => (await load()).listAll(command.optsWithGlobals()));
  jobs.addCommand(showCommand()).addCommand(logCommand());
  jobs
    .command('cancel')
    .description('Stop a job; says "cancelled" only when nothing of it runs any more')
    .argument(...WHICH)
    .option('--no-follow', 'do not wait until it has ended')
    .action(async (job: string, _: FollowOptions, command: Command) => (await load()).cancel(job, command.optsWithGlobals()));
  jobs
    .command('retry')
    .description('The same job again, as a new one with the same inputs')
    .argument(...WHICH)
    .option('--no-follow', 'do not wait for its end')
    .action(async (job: string, _: FollowOptions, command: Command) => (await load()).retry(job, command.optsWithGlobals()));
  jobs.addCommand(installCommand());
  return jobs.addHelpText('after', `
Examples:
  citrus jobs list --status failed
  citrus jobs list --search "nginx failed" --oldest-first
  citrus jobs show 01a1 --details
  citrus jobs log 01a1 --follow
  citrus jobs cancel 01a1
  citrus jobs install nginx --on web-1 -i port=8080`);
};
