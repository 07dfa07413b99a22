/** All commands by name. What a command does is loaded when it runs, so that `--help` is there at once. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { keysCommand } from './administration/keys.command.ts';
import { quotasCommand } from './administration/quotas.command.ts';
import { agentCommand } from './agent/agent.command.ts';
import { appsCommand } from './app/app.command.ts';
import { auditCommand } from './audit/audit.command.ts';
import { cloudsCommand } from './cloud/cloud.command.ts';
import { EXIT_MEANINGS, usageFailure } from './failure.ts';
import { completeCommand, completionCommand } from './completion/completion.command.ts';
import { doctorCommand } from './doctor/doctor.command.ts';
import { eventsCommand } from './history/events.command.ts';
import { historyCommand } from './history/history.command.ts';
import { installersCommand } from './installer/installer.command.ts';
import { groupsCommand } from './group/group.command.ts';
import { jobsCommand } from './job/job.command.ts';
import { peopleCommand } from './people/people.command.ts';
import { projectsCommand } from './people/project.command.ts';
import { usersCommand } from './people/user.command.ts';
import { setQuiet } from './output/quiet.ts';
import { reconcileCommand } from './reconcile/reconcile.command.ts';
import { runsCommand } from './run/run.command.ts';
import { bundlesCommand } from './bundle/bundle.command.ts';
import { schedulesCommand } from './schedule/schedule.command.ts';
import { serversCommand } from './server/server.command.ts';
import { secondFactorCommand } from './session/second-factor.command.ts';
import { loginCommand, logoutCommand, passwordCommand, sessionsCommand, whoamiCommand } from './session/session.command.ts';
import { serviceAccountCommand, tokenCommand } from './token/token.command.ts';
import { webhooksCommand } from './webhook/webhook.command.ts';

const EXAMPLES = `
Examples:
  citrus login --url https://citrus.example.com --email you@example.com
  citrus servers create web-7
  citrus agent install --name rack-4
  citrus jobs install nginx --on web-7 -i port=8080
  citrus apps upgrade web-7 nginx
  citrus runs start nginx --on 'tag:web+prod' --waves 1,25%,100%
  citrus people invite ada@example.com --role operator
  citrus events --follow
  citrus history why provisioning:12
  citrus history sql "select name, seconds_to_active from servers"

On the machine of npm start no login is needed: citrus uses the sign-in in .citrus/credentials.json.
Programs come with an API token: CITRUS_URL=https://… CITRUS_TOKEN=… citrus …; see citrus token --help.

${EXIT_MEANINGS}`;

const COMMANDS = [loginCommand, logoutCommand, whoamiCommand, sessionsCommand, passwordCommand, secondFactorCommand, projectsCommand, peopleCommand, usersCommand, tokenCommand, serviceAccountCommand, cloudsCommand, agentCommand, serversCommand, installersCommand, appsCommand, bundlesCommand, jobsCommand, runsCommand, schedulesCommand, webhooksCommand, groupsCommand, reconcileCommand, quotasCommand, keysCommand, auditCommand, eventsCommand, historyCommand, doctorCommand, completionCommand];

/** Ends by throwing, so that `main.ts` alone decides about exit codes; `isSilent` leaves telling what was wrong to it, too. */
export const createProgram = ({ isSilent = false } = {}): Command => {
  const program = new Command('citrus')
    .description('The control plane of a hosting provider, from the command line.')
    .version(versionOf(), '-V, --version', 'which citrus this is')
    .option('--json', 'answer in JSON, for scripts; errors too')
    .option('-q, --quiet', 'only results and failures: no progress, no remarks')
    .hook('preAction', (_, action) => {
      setQuiet(action.optsWithGlobals<{ quiet?: true }>().quiet ?? false);
      refuseMistyped(action);
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(see --help)')
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  if (isSilent) program.configureOutput({ writeErr: () => undefined });
  for (const command of COMMANDS.map((make) => make())) program.addCommand(inheriting(command, program));
  program.addCommand(inheriting(completeCommand(createProgram), program), { hidden: true });
  return program;
};

/** From `cli/dist` or `cli/src`. */
const versionOf = (): string => (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;

/** A group that lists by itself would take a mistyped command for something to list. */
const refuseMistyped = (action: Command): void => {
  const [surplus] = action.args.slice(action.registeredArguments.length);
  if (surplus === undefined || action.registeredArguments.at(-1)?.variadic) return;
  const group = action.parent;
  const isGroup = group?.parent && action.name() === (group as unknown as { _defaultCommandName?: string })._defaultCommandName;
  const names = group?.commands.map((command) => command.name()) ?? [];
  if (isGroup) throw usageFailure(`citrus ${group.name()} has no command ${surplus}`, `There are: ${names.join(', ')}. See: citrus ${group.name()} --help`);
  throw usageFailure(`${surplus} is one argument too many`, `See how it is written: citrus ${pathOf(action)} --help`);
};

/** `servers create`. */
export const pathOf = (command: Command): string => (command.parent ? `${pathOf(command.parent)} ${command.name()}`.trim() : '');

/** Commands that are built apart do not take over how their parent ends and helps. */
const inheriting = (command: Command, parent: Command): Command => {
  command.copyInheritedSettings(parent);
  // Told by us, with what there is instead.
  command.allowExcessArguments(true);
  for (const child of command.commands) inheriting(child, command);
  return command;
};
