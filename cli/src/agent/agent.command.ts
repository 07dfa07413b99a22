/** Bringing machines that are there already under Citrus. */
import { Command } from 'commander';

export type InstallOptions = { readonly name: string; readonly tags?: string; readonly project?: string; readonly json?: true };
export type RenewOptions = { readonly project?: string; readonly json?: true };

const PROJECT = ['--project <id>', 'which project, if you are in more than one'] as const;

const installCommand = (): Command =>
  new Command('install')
    .summary('print the command that joins an existing machine')
    .description('Prints a command to run on a machine that is there already: it installs the agent, and the machine becomes a server here.')
    .requiredOption('--name <name>', 'what the server is called: lower-case letters, digits and dashes')
    .option('--tags <list>', 'separated by commas')
    .option(...PROJECT)
    .addHelpText('after', `
The command holds a token that lets one machine in, once, and is good for a day. It is shown only now: treat it like a
password until it was used. The machine needs root (or sudo), systemd, curl, and a way to the hub; nothing of it is open
to the outside. docs/how-to/join-a-server.md tells the rest.

Examples:
  citrus agent install --name web-7 --tags shop,rack-4
  citrus agent install --name web-7 --json | jq -r .command | ssh admin@192.0.2.7 sh`)
    .action(async (_: InstallOptions, command: Command) => (await import('./install.ts')).install(command.optsWithGlobals()));

const renewCommand = (): Command =>
  new Command('renew')
    .summary('a new command for a machine that has not joined')
    .description('Prints a new command for a server that waits for its machine, or whose command has run out; the one before becomes void.')
    .argument('<server>', 'its name or id')
    .option(...PROJECT)
    .action(async (server: string, _: RenewOptions, command: Command) => (await import('./install.ts')).renew(server, command.optsWithGlobals()));

export const agentCommand = (): Command =>
  new Command('agent').description('Join machines that are there already').addCommand(installCommand()).addCommand(renewCommand());
