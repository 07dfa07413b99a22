/** API tokens: one's own, and those of service accounts. */
import { Command } from 'commander';

type Json = { readonly json?: true };
export type TokenOptions = Json;
export type NewTokenOptions = Json & { readonly days: string; readonly role?: string; readonly project?: string };
export type NewAccountOptions = Json & { readonly role: string };
export type SureOptions = Json & { readonly yes?: true };

const DAYS = ['--days <number>', 'how long it is good, 1 to 365', '90'] as const;

const USING = `
The token is shown this once, alone on stdout. A program sets it as CITRUS_TOKEN, with CITRUS_URL, and uses citrus or the
API (Authorization: Bearer …). It is never an argument: other users of the machine can read those.`;

const createCommand = (): Command =>
  new Command('create')
    .summary('make a token; it is shown this once')
    .description('Make a token for a program that acts for you, in one project and up to one role. In person only.')
    .argument('<name>', 'where it is used, so that you know it again')
    .option('--role <role>', 'the most it may do; no more than you may', 'viewer')
    .option('--project <project>', 'name or id; the one that commands are about if left out')
    .option(...DAYS)
    .addHelpText('after', `${USING}

Examples:
  citrus token create backup-script --role operator --days 30
  CITRUS_URL=https://citrus.example.com CITRUS_TOKEN=$(cat token) citrus people list`)
    .action(async (name: string, _: NewTokenOptions, command: Command) => (await import('./tokens.ts')).createToken(name, command.optsWithGlobals()));

export const tokenCommand = (): Command => {
  const token = new Command('token').description('Your API tokens: make, list, revoke');
  token
    .command('list', { isDefault: true })
    .description('Your tokens that are still good')
    .action(async (_: TokenOptions, command: Command) => (await import('./tokens.ts')).listTokens(command.optsWithGlobals()));
  token.addCommand(createCommand());
  token
    .command('revoke')
    .description('End a token; whatever uses it is refused from now on')
    .argument('<token>', 'its name or id')
    .action(async (which: string, _: TokenOptions, command: Command) => (await import('./tokens.ts')).revokeToken(which, command.optsWithGlobals()));
  return token.addHelpText('after', USING);
};

export const serviceAccountCommand = (): Command => {
  const account = new Command('service-account').description('Users that are programs: they belong to the project and have only tokens');
  account
    .command('list', { isDefault: true })
    .description('The service accounts of the project, with their tokens')
    .action(async (_: TokenOptions, command: Command) => (await import('./service-accounts.ts')).listAccounts(command.optsWithGlobals()));
  account
    .command('create')
    .description('Make a service account. For admins.')
    .argument('<name>', 'what it is for')
    .option('--role <role>', 'what it may do; no more than you may', 'operator')
    .action(async (name: string, _: NewAccountOptions, command: Command) => (await import('./service-accounts.ts')).createAccount(name, command.optsWithGlobals()));
  account
    .command('token')
    .description('Make a token for a service account; it is shown this once')
    .argument('<account>', 'its name or id')
    .argument('<name>', 'where the token is used')
    .option('--role <role>', 'the most it may do; the role of the account if left out')
    .option(...DAYS)
    .addHelpText('after', USING)
    .action(async (which: string, name: string, _: NewTokenOptions, command: Command) => (await import('./service-accounts.ts')).createAccountToken(which, name, command.optsWithGlobals()));
  account
    .command('revoke')
    .description('End a token of a service account')
    .argument('<account>', 'its name or id')
    .argument('<token>', 'its name or id')
    .action(async (which: string, token: string, _: TokenOptions, command: Command) => (await import('./service-accounts.ts')).revokeAccountToken(which, token, command.optsWithGlobals()));
  account
    .command('remove')
    .description('Remove a service account; its tokens end with it')
    .argument('<account>', 'its name or id')
    .option('--yes', 'do not ask')
    .action(async (which: string, _: SureOptions, command: Command) => (await import('./service-accounts.ts')).removeAccount(which, command.optsWithGlobals()));
  return account.addHelpText('after', `
Examples:
  citrus service-account create deployments --role operator
  citrus service-account token deployments ci --days 30
  citrus service-account remove deployments`);
};
