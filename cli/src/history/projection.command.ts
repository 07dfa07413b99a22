/** Read models as things to operate. */
import { Command } from 'commander';

export type RebuildOptions = { readonly all?: true; readonly verify?: true; readonly switch?: true; readonly json?: true };
export type ProjectionOptions = { readonly json?: true };

export const rebuildCommand = (): Command =>
  new Command('rebuild')
    .summary('make read models anew from the events')
    .description('Make read models anew from the events, beside those that are in use. For administrators.')
    .argument('[projection]', 'which: provisioning/servers')
    .option('--all', 'all of them')
    .option('--verify', 'then compare old and new, row by row; a difference ends it with exit code 5')
    .option('--switch', 'then use the new one, if nothing differs (with --verify)')
    .addHelpText('after', `
Nobody notices: readers use the old rows until the switch, which takes milliseconds and can be taken back.

Examples:
  citrus history rebuild provisioning/servers --verify
  citrus history rebuild --all --verify --switch
  citrus history projections rollback provisioning/servers`)
    .action(async (which: string | undefined, _: RebuildOptions, command: Command) => (await import('./rebuild.ts')).rebuild(which, command.optsWithGlobals()));

const ACTIONS = {
  pause: 'Stop a read model where it is',
  resume: 'Let a paused read model go on',
  switch: 'Use what was rebuilt',
  rollback: 'Use again what was in use before the switch',
} as const;
export type ProjectionAction = keyof typeof ACTIONS;

export const projectionsCommand = (): Command => {
  const projections = new Command('projections').description('Read models: how far each is; pause, resume, switch, roll back. For administrators.');
  projections
    .command('list', { isDefault: true })
    .description('How far each read model is')
    .action(async (_: ProjectionOptions, command: Command) => (await import('./projections.ts')).listProjections(command.optsWithGlobals()));
  for (const [action, description] of Object.entries(ACTIONS)) {
    projections
      .command(action)
      .description(description)
      .argument('<projection>', 'which: provisioning/servers')
      .action(async (which: string, _: ProjectionOptions, command: Command) => (await import('./projections.ts')).actOnProjection(action as ProjectionAction, which, command.optsWithGlobals()));
  }
  return projections.addHelpText('after', `
Examples:
  citrus history projections
  citrus history projections pause agent-mgmt/jobs`);
};
