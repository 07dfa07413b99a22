/** What is not as it should be at the cloud. */
import { Command } from 'commander';

export type ReconcileOptions = { readonly json?: true; readonly last?: true; readonly installation?: true; readonly repair?: string; readonly machine?: string };

export const reconcileCommand = (): Command =>
  new Command('reconcile')
    .summary('compare the cloud with the servers')
    .description('Compares the machines at the cloud with the servers of the project: servers without a machine, second machines, and what was changed behind our back.')
    .option('--last', 'show the last comparison instead of making one')
    .option('--installation', 'all clouds and projects, and machines of nobody; for administrators')
    .option('--repair <finding>', 'put right what was found')
    .option('--machine <ref>', 'to destroy a machine of nobody: its reference')
    .addHelpText('after', `
Everything suspected is looked at a second time. Second machines of a server are removed without being asked; everything
else waits for --repair. The exit code is 5 when something was found.

Examples:
  citrus reconcile
  citrus reconcile --repair ghost-0198c0de-…                 # marks the server failed, so that it can be tried again
  citrus reconcile --installation
  citrus reconcile --installation --repair orphan-5361 --machine 5361   # destroys that machine, for ever`)
    .action(async (_: ReconcileOptions, command: Command) => (await import('./reconcile.ts')).reconcile(command.optsWithGlobals()));
