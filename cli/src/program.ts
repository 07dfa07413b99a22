/** All commands by name. What a command does is loaded when it runs, so that `--help` is there at once. */
import { Command } from 'commander';
import { keysCommand } from './administration/keys.command.ts';
import { quotasCommand } from './administration/quotas.command.ts';
import { agentCommand } from './agent/agent.command.ts';
import { appsCommand } from './app/app.command.ts';
import { auditCommand } from './audit/audit.command.ts';
import { cloudsCommand } from './cloud/cloud.command.ts';
import { EXIT_MEANINGS } from './failure.ts';
import { historyCommand } from './history/history.command.ts';
import { installersCommand } from './installer/installer.command.ts';
import { groupsCommand } from './group/group.command.ts';
import { jobsCommand } from './job/job.command.ts';
import { peopleCommand } from './people/people.command.ts';
import { projectsCommand } from './people/project.command.ts';
import { reconcileCommand } from './reconcile/reconcile.command.ts';
import { runsCommand } from './run/run.command.ts';
import { schedulesCommand } from './schedule/schedule.command.ts';
import { serversCommand } from './server/server.command.ts';
import { secondFactorCommand } from './session/second-factor.command.ts';
import { loginCommand, logoutCommand, whoamiCommand } from './session/session.command.ts';
import { serviceAccountCommand, tokenCommand } from './token/token.command.ts';

const EXAMPLES = `
Examples:
  citrus login --url https://citrus.example.com --email you@example.com
  citrus people invite ada@example.com --role operator
  citrus agent install --name web-7
  citrus servers reboot web-7
  citrus jobs install nginx --on web-7 -i port=8080
  citrus apps upgrade web-7 nginx
  citrus runs start nginx --on 'tag:web+prod' --waves 1,25%,100%
  citrus history tail -f
  citrus history why provisioning:12
  citrus history sql "select name, seconds_to_active from servers"

On the machine of npm start no login is needed: citrus uses the sign-in in .citrus/credentials.json.
Programs come with an API token: CITRUS_URL=https://… CITRUS_TOKEN=… citrus …; see citrus token --help.

${EXIT_MEANINGS}`;

const COMMANDS = [loginCommand, logoutCommand, whoamiCommand, secondFactorCommand, projectsCommand, peopleCommand, tokenCommand, serviceAccountCommand, cloudsCommand, agentCommand, serversCommand, installersCommand, appsCommand, jobsCommand, runsCommand, schedulesCommand, groupsCommand, reconcileCommand, quotasCommand, keysCommand, auditCommand, historyCommand];

/** Ends by throwing, so that `main.ts` alone decides about exit codes; `isSilent` leaves telling what was wrong to it, too. */
export const createProgram = ({ isSilent = false } = {}): Command => {
  const program = new Command('citrus')
    .description('The control plane of a hosting provider, from the command line.')
    .option('--json', 'answer in JSON, for scripts; errors too')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(see --help)')
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  if (isSilent) program.configureOutput({ writeErr: () => undefined });
  for (const command of COMMANDS.map((make) => make())) program.addCommand(inheriting(command, program));
  return program;
};

/** Commands that are built apart do not take over how their parent ends and helps. */
const inheriting = (command: Command, parent: Command): Command => {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inheriting(child, command);
  return command;
};

