/** Everybody in the installation, for those who run it. */
import { Command } from 'commander';

type Json = { readonly json?: true };
export type UsersOptions = Json;
export type SureOptions = Json & { readonly yes?: true };
export type AdministratorOptions = SureOptions & { readonly off?: true };

const WHO = ['<who>', 'e-mail address or id'] as const;
const YES = ['--yes', 'do not ask'] as const;

export const usersCommand = (): Command => {
  const load = () => import('./users.ts');
  const users = new Command('users').description('Everybody in the installation, in whatever project. For administrators.');
  users
    .command('list', { isDefault: true })
    .description('Everybody, with their projects')
    .action(async (_: UsersOptions, command: Command) => (await load()).listUsers(command.optsWithGlobals()));
  users
    .command('administrator')
    .description('Make somebody an administrator of the installation, or no more; the last one stays')
    .argument(...WHO)
    .option('--off', 'take it away again')
    .option(...YES)
    .action(async (who: string, _: AdministratorOptions, command: Command) => (await load()).setAdministrator(who, command.optsWithGlobals()));
  users
    .command('sign-out')
    .description('End every session of a person; API tokens and service accounts stay')
    .argument(...WHO)
    .option(...YES)
    .action(async (who: string, _: SureOptions, command: Command) => (await load()).signOut(who, command.optsWithGlobals()));
  users
    .command('forget')
    .description('Destroy the key to everything personal about somebody, for good; also oneself, without being an administrator')
    .argument(...WHO)
    .option(...YES)
    .addHelpText('after', `
What happened stays in the history, with an id that is nobody's name any more. There is no way back.

Examples:
  citrus users forget ada@example.com`)
    .action(async (who: string, _: SureOptions, command: Command) => (await load()).forget(who, command.optsWithGlobals()));
  return users.addHelpText('after', `
Somebody who is locked out: citrus people recover, citrus people reset-second-factor.

Examples:
  citrus users
  citrus users administrator ada@example.com
  citrus users sign-out ada@example.com --yes`);
};
