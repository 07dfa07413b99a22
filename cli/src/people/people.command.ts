/** The members of a project and those who are invited. */
import { Command } from 'commander';

type Json = { readonly json?: true };
export type PeopleOptions = Json;
export type InviteOptions = Json & { readonly role: string };
export type RemoveOptions = Json & { readonly yes?: true };

export const ROLES_HELP = `Roles, each with what the one before may:
  analyst   reads what happened, and nothing else
  viewer    sees servers, jobs and people
  operator  makes and deletes servers, installs apps
  admin     invites people, gives roles up to admin, reads the audit
  owner     everything; makes other owners`;

const WHO = ['<who>', 'e-mail address, name or id'] as const;

const inviteCommand = (): Command =>
  new Command('invite')
    .summary('make a link that lets somebody in')
    .description('Makes a link that lets one person into the project, once, within a week. Citrus sends no mail: pass the link on yourself.')
    .argument('<email>', 'whom it is for')
    .option('--role <role>', 'what the person may do', 'viewer')
    .addHelpText('after', `
${ROLES_HELP}

The link is shown this once. Inviting the same address again makes the link before void.

Examples:
  citrus people invite ada@example.com --role operator
  citrus people invite ada@example.com --json | jq -r .link`)
    .action(async (email: string, _: InviteOptions, command: Command) => (await import('./invitations.ts')).invite(email, command.optsWithGlobals()));

export const peopleCommand = (): Command => {
  const people = new Command('people').description('Who is in the project, with which role; invite, change, remove');
  people
    .command('list', { isDefault: true })
    .description('The members of the project')
    .action(async (_: PeopleOptions, command: Command) => (await import('./people.ts')).listPeople(command.optsWithGlobals()));
  people.addCommand(inviteCommand());
  people
    .command('invitations')
    .description('Invitations that nobody has accepted yet')
    .action(async (_: PeopleOptions, command: Command) => (await import('./invitations.ts')).listInvitations(command.optsWithGlobals()));
  people
    .command('uninvite')
    .description('Make an invitation void')
    .argument('<email>', 'whom it was for, or its id')
    .action(async (email: string, _: PeopleOptions, command: Command) => (await import('./invitations.ts')).uninvite(email, command.optsWithGlobals()));
  people
    .command('role')
    .description('Give a member another role')
    .argument(...WHO)
    .argument('<role>', 'analyst, viewer, operator, admin or owner')
    .addHelpText('after', `\n${ROLES_HELP}`)
    .action(async (who: string, role: string, _: PeopleOptions, command: Command) => (await import('./people.ts')).changeRole(who, role, command.optsWithGlobals()));
  people
    .command('remove')
    .description('Remove a member, who is out at once; or leave, with your own address')
    .argument(...WHO)
    .option('--yes', 'do not ask')
    .action(async (who: string, _: RemoveOptions, command: Command) => (await import('./people.ts')).removePerson(who, command.optsWithGlobals()));
  people
    .command('recover')
    .summary('make a link for somebody who is locked out')
    .description('Makes a link with which a person chooses a new password, once, within an hour. For administrators of the installation. Every session and API token of the person ends when it is used; a second factor stays, and a code of it is asked for. Citrus sends no mail: pass the link on yourself.')
    .argument('<who>', 'e-mail address or id')
    .action(async (who: string, _: PeopleOptions, command: Command) => (await import('./recover.ts')).recover(who, command.optsWithGlobals()));
  people
    .command('reset-second-factor')
    .summary('turn off the second factor of somebody who has lost it')
    .description('For somebody who has lost phone and recovery codes: turns the second factor off and ends the person’s sessions. The password stays. For administrators of the installation, soon after signing in; it stands in the audit.')
    .argument('<who>', 'e-mail address or id')
    .option('--yes', 'do not ask')
    .action(async (who: string, _: RemoveOptions, command: Command) => (await import('./recover.ts')).resetSecondFactor(who, command.optsWithGlobals()));
  return people.addHelpText('after', `
Examples:
  citrus people
  citrus people invite ada@example.com --role operator
  citrus people role ada@example.com admin
  citrus people recover ada@example.com
  citrus people remove ada@example.com`);
};
