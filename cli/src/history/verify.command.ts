import { Command, Option } from 'commander';

export type VerifyOptions = { readonly service?: string; readonly json?: true };

export const verifyCommand = (): Command =>
  new Command('verify')
    .summary('prove that nothing was changed or removed')
    .description('Prove that nothing in the logs was changed, removed or slipped in, and check the signed seals. For administrators.')
    .addOption(new Option('--service <name>', 'only this log').choices(['auth', 'provisioning', 'agent-mgmt', 'metrics']))
    .addHelpText('after', `
Each event's hash covers the one before it, and at intervals the root over all of them is signed by a key that is not in
the database. The first bad place is named, and the exit code is 5.

Examples:
  citrus history verify
  citrus history verify --service provisioning --json | jq '.results[].hash'`)
    .action(async (_: VerifyOptions, command: Command) => (await import('./verify.ts')).verify(command.optsWithGlobals()));
