/** Bringing machines that are there already under Citrus. */
import { Command } from 'commander';

export type InstallOptions = { readonly name: string; readonly tags?: string; readonly project?: string; readonly json?: true };
export type TrustOptions = { readonly json?: true };
export type RevokeOptions = { readonly reason: string; readonly yes?: true; readonly json?: true };
export type PingOptions = { readonly wait?: string; readonly json?: true };
export type AgentsOptions = { readonly json?: true };
export type UpgradeOptions = { readonly atOnce?: string; readonly maxFailures?: string; readonly downgrade?: true; readonly yes?: true; readonly json?: true };
export type LabelOptions = { readonly json?: true };
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

const trustCommand = (): Command =>
  new Command('trust')
    .description('Which agents are trusted, which were revoked, and what looked wrong')
    .action(async (_: TrustOptions, command: Command) => (await import('./trust.ts')).listTrust(command.optsWithGlobals()));

const revokeCommand = (): Command =>
  new Command('revoke')
    .summary('put agents out, within seconds and for ever')
    .description('Takes the trust in agents back: their credentials and keys are good for nothing within seconds, for ever. For admins.')
    .argument('<servers...>', 'names or ids of servers, or ids of agents')
    .requiredOption('--reason <text>', 'why, for the history and the audit')
    .option('--yes', 'do not ask')
    .addHelpText('after', `
The machines and their apps keep running; nothing that you ask of them reaches them any more.

Examples:
  citrus agent revoke web-7 --reason "the disk was copied"
  citrus agent revoke web-7 web-8 --reason stolen --yes`)
    .action(async (servers: string[], _: RevokeOptions, command: Command) => (await import('./trust.ts')).revoke(servers, command.optsWithGlobals()));

const pingCommand = (): Command =>
  new Command('ping')
    .summary('ask agents whether they are there')
    .description('Sends a signed command to each agent and tells who answered, how fast, and who did not.')
    .argument('[filter]', 'which servers, as for runs; all if left out')
    .option('--wait <seconds>', 'how long an agent may take (0.1 to 10)', '2')
    .addHelpText('after', `
Ends with 1 when somebody did not answer. What the list of servers calls online is what the broker and the heartbeats
tell; this asks the agents themselves. docs/reference/server-filter.md tells how servers are chosen.

Examples:
  citrus agent ping
  citrus agent ping 'tag:web !name:web-3' --wait 5
  citrus agent ping --json | jq -r '.unanswered[].serverId'`)
    .action(async (filter: string | undefined, _: PingOptions, command: Command) => (await import('./ping.ts')).ping(filter, command.optsWithGlobals()));

const listCommand = (): Command =>
  new Command('list')
    .description('The agents of the project: version, whether there is a newer one, when last heard of')
    .action(async (_: AgentsOptions, command: Command) => (await import('./agents.ts')).listAgents(command.optsWithGlobals()));

const showCommand = (): Command =>
  new Command('show')
    .summary('one agent, and what it tells of its machine')
    .description('One agent: its version, its last upgrade, its labels; and of its machine the system, memory, disks, packages and addresses.')
    .argument('<server>', 'name or id of the server, or id of the agent')
    .addHelpText('after', `
The agent tells these facts when it starts and when they change; free space is rounded. Updates are there where the system
counts them by itself.

Examples:
  citrus agents show web-7
  citrus agents show web-7 --json | jq '.facts.disks'`)
    .action(async (server: string, _: AgentsOptions, command: Command) => (await import('./agents.ts')).showAgent(server, command.optsWithGlobals()));

const upgradeCommand = (): Command =>
  new Command('upgrade')
    .summary('bring agents to the newest version')
    .description('Each agent waits until no job runs, restarts as the newest version, and goes back by itself when that does not work. For admins.')
    .argument('<filter>', 'which servers, as for runs')
    .option('--at-once <number>', 'how many may be under way at once (1)')
    .option('--max-failures <number>', 'how many may fail before the rest is called off (0)')
    .option('--downgrade', 'also to a version that is older than the one that runs')
    .option('--yes', 'do not ask')
    .addHelpText('after', `
docs/how-to/upgrade-agents.md tells what happens and what the reasons mean.

Examples:
  citrus agents upgrade web-7
  citrus agents upgrade 'label:canary'
  citrus agents upgrade '*' --at-once 20 --max-failures 3`)
    .action(async (filter: string, _: UpgradeOptions, command: Command) => (await import('./agents.ts')).upgradeAgents(filter, command.optsWithGlobals()));

const labelCommand = (): Command =>
  new Command('label')
    .summary('put labels on an agent, or take them off')
    .description('Labels are words to find servers by: key or key=value puts one on, key- takes it off.')
    .argument('<server>', 'name or id of the server, or id of the agent')
    .argument('<labels...>', 'env=prod, canary, or canary- to take it off')
    .addHelpText('after', `
Examples:
  citrus agents label web-7 env=prod canary
  citrus runs start nginx --on 'label:env=prod' --plan`)
    .action(async (server: string, labels: string[], _: LabelOptions, command: Command) => (await import('./agents.ts')).labelAgent(server, labels, command.optsWithGlobals()));

export const agentCommand = (): Command =>
  new Command('agent').alias('agents').description('Agents: their versions and labels, upgrading them; joining machines that are there already; which are trusted').addCommand(installCommand()).addCommand(renewCommand()).addCommand(trustCommand()).addCommand(revokeCommand()).addCommand(pingCommand()).addCommand(listCommand()).addCommand(showCommand()).addCommand(upgradeCommand()).addCommand(labelCommand());
