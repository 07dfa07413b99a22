/** One's own second factor, and whether everybody needs one. */
import { Command } from 'commander';

type Json = { readonly json?: true };
export type SecondFactorOptions = Json;
export type RequireOptions = Json & { readonly graceDays?: string };

const load = () => import('./second-factor.ts');

export const secondFactorCommand = (): Command => {
  const factor = new Command('second-factor').description('Codes of an authenticator app beside the password: one’s own, and for everybody');
  factor
    .command('show', { isDefault: true })
    .description('Whether yours is on, and whether this installation asks for it')
    .action(async (_: SecondFactorOptions, command: Command) => (await load()).showSecondFactor(command.optsWithGlobals()));
  factor
    .command('set-up')
    .description('Add Citrus to an authenticator app; shows recovery codes once')
    .action(async (_: SecondFactorOptions, command: Command) => (await load()).setUpSecondFactor(command.optsWithGlobals()));
  factor
    .command('prove')
    .description('Give a code for a sign-in that came without, where the installation asks for one')
    .argument('<code>', 'of your app, or a recovery code')
    .action(async (code: string, _: SecondFactorOptions, command: Command) => (await load()).proveSecondFactor(code, command.optsWithGlobals()));
  factor
    .command('off')
    .description('Turn yours off; asks for your password and a code of it')
    .action(async (_: SecondFactorOptions, command: Command) => (await load()).turnOffSecondFactor(command.optsWithGlobals()));
  factor
    .command('recovery-codes')
    .description('New recovery codes, shown once; those before are void. Asks for your password and a code')
    .action(async (_: SecondFactorOptions, command: Command) => (await load()).newRecoveryCodes(command.optsWithGlobals()));
  factor
    .command('require')
    .description('Ask everybody for one: who signs in without sets it up before anything else. For administrators who have shown theirs')
    .option('--grace-days <days>', 'for who is signed in already, 0 to 30', '7')
    .action(async (_: RequireOptions, command: Command) => (await load()).requireSecondFactor(command.optsWithGlobals()));
  factor
    .command('optional')
    .description('Ask nobody for one any more. For administrators')
    .action(async (_: SecondFactorOptions, command: Command) => (await load()).makeSecondFactorOptional(command.optsWithGlobals()));
  return factor.addHelpText('after', `
API tokens and service accounts go on as they are. Somebody who has lost phone and recovery codes is helped with
citrus people reset-second-factor.

Examples:
  citrus second-factor set-up
  citrus second-factor require --grace-days 3`);
};
