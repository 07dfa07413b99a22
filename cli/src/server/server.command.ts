/** Servers that are there: looking at them, and everything that can be done with them. */
import { Command } from 'commander';
import { lifecycleCommands } from './lifecycle.command.ts';

export type ListOptions = { readonly on?: string; readonly json?: true };
export type ActOptions = { readonly wait: boolean; readonly json?: true };
export type SureOptions = ActOptions & { readonly yes?: true };
export type ResizeOptions = SureOptions & { readonly size: string; readonly withDisk?: true };
export type RebuildOptions = SureOptions & { readonly image: string };
export type ProtectOptions = ListOptions & { readonly off?: true };
export type MaintenanceOptions = ListOptions & { readonly reason?: string };

const SERVER = ['<server>', 'its name or id'] as const;
const NO_WAIT = ['--no-wait', 'do not wait until it is done'] as const;
const YES = ['--yes', 'do not ask'] as const;
const load = () => import('./servers.ts');

const POWER = [
  ['power-on', 'Switch a server on'], ['power-off', 'Switch a server off at once; what it has not saved is lost'], ['shutdown', 'Ask its system to shut down'],
  ['reboot', 'Ask its system to boot again'], ['power-cycle', 'Switch it off and on; what it has not saved is lost'],
] as const;

const powerCommands = (): Command[] => POWER.map(([type, summary]) =>
  new Command(type).description(summary).argument(...SERVER).option(...NO_WAIT)
    .action(async (server: string, _: ActOptions, command: Command) => (await load()).act(server, { type }, command.optsWithGlobals())));

const changeCommands = (): Command[] => [
  new Command('resize').description('Another size. The server must be off; with its disk there is no way back to a smaller one.').argument(...SERVER)
    .requiredOption('--size <size>', 'as the cloud calls it').option('--with-disk', 'the disk grows too, for good').option(...YES).option(...NO_WAIT)
    .action(async (server: string, _: ResizeOptions, command: Command) => (await load()).resize(server, command.optsWithGlobals())),
  new Command('rename').description('Another name, here and in the cloud').argument(...SERVER).argument('<name>', 'lower-case letters, digits and dashes').option(...NO_WAIT)
    .action(async (server: string, name: string, _: ActOptions, command: Command) => (await load()).act(server, { type: 'rename', name }, command.optsWithGlobals())),
  new Command('tag').description('Put tags on a server, or take them off, here and in the cloud').argument(...SERVER).argument('<tags...>', 'shop or +shop to put it on, shop- to take it off').option(...NO_WAIT)
    .action(async (server: string, tags: string[], _: ActOptions, command: Command) => (await load()).tag(server, tags, command.optsWithGlobals())),
  new Command('backups').description('Turn the cloud’s own backups on or off').argument(...SERVER).argument('<on|off>').option(...NO_WAIT)
    .action(async (server: string, state: string, _: ActOptions, command: Command) => (await load()).backups(server, state, command.optsWithGlobals())),
  new Command('rebuild').description('Write the disk anew from an image; everything on it is lost. For admins.').argument(...SERVER)
    .requiredOption('--image <image>', 'as the cloud calls it').option(...YES).option(...NO_WAIT)
    .action(async (server: string, _: RebuildOptions, command: Command) => (await load()).rebuild(server, command.optsWithGlobals())),
];

const snapshotCommands = (): Command[] => [
  new Command('snapshot').description('Copy the disk into a snapshot').argument(...SERVER).argument('<name>', 'what the snapshot is called').option(...NO_WAIT)
    .action(async (server: string, name: string, _: ActOptions, command: Command) => (await load()).act(server, { type: 'snapshot', name }, command.optsWithGlobals())),
  new Command('snapshots').description('The snapshots and backups of a server').argument(...SERVER)
    .action(async (server: string, _: ListOptions, command: Command) => (await load()).listSnapshots(server, command.optsWithGlobals())),
  new Command('remove-snapshot').description('Remove a snapshot').argument(...SERVER).argument('<snapshot>', 'its name or id').option(...YES).option(...NO_WAIT)
    .action(async (server: string, snapshot: string, _: SureOptions, command: Command) => (await load()).removeSnapshot(server, snapshot, command.optsWithGlobals())),
  new Command('restore').description('Write the disk anew from a snapshot or backup; what came after it is lost. For admins.').argument(...SERVER).argument('<snapshot>', 'its name or id').option(...YES).option(...NO_WAIT)
    .action(async (server: string, snapshot: string, _: SureOptions, command: Command) => (await load()).restore(server, snapshot, command.optsWithGlobals())),
];

const orderCommands = (): Command[] => [
  new Command('actions').description('What was done with a server').argument(...SERVER)
    .action(async (server: string, _: ListOptions, command: Command) => (await load()).listActions(server, command.optsWithGlobals())),
  new Command('cancel').description('Cancel what was asked for, as long as the cloud was not told').argument(...SERVER)
    .action(async (server: string, _: ListOptions, command: Command) => (await load()).cancel(server, command.optsWithGlobals())),
  new Command('protect').description('Nobody deletes, rebuilds or restores it until the protection is taken off. For admins.').argument(...SERVER).option('--off', 'take the protection off')
    .action(async (server: string, _: ProtectOptions, command: Command) => (await load()).protect(server, command.optsWithGlobals())),
  new Command('maintenance').description('While it is on, no job is brought to the server and no alert raised').argument(...SERVER).argument('<on|off>').option('--reason <text>', 'why, for the others')
    .action(async (server: string, state: string, _: MaintenanceOptions, command: Command) => (await load()).maintenance(server, state, command.optsWithGlobals())),
];

export const serversCommand = (): Command => {
  const servers = new Command('servers').alias('server').description('Look at servers, and do something with them').addHelpText('after', `
Each command waits until it is done; with --no-wait it tells the action's id, and citrus servers actions what became of it.
Ctrl-C ends the waiting, not the work.

Examples:
  citrus servers
  citrus servers create web-7
  citrus servers shutdown web-7 && citrus servers resize web-7 --size s-2vcpu-2gb && citrus servers power-on web-7
  citrus servers snapshot web-7 before-the-upgrade
  citrus servers restore web-7 before-the-upgrade --yes
  citrus servers tag web-7 shop canary-
  citrus servers maintenance web-7 on --reason "a new disk"`);
  servers.command('list', { isDefault: true }).description('The servers of the project').option('--on <filter>', 'only these: "tag:web+prod region:fra1 !name:web-3"')
    .action(async (_: ListOptions, command: Command) => (await load()).list(command.optsWithGlobals()));
  for (const command of [...lifecycleCommands(), ...orderCommands(), ...powerCommands(), ...changeCommands(), ...snapshotCommands()]) servers.addCommand(command);
  return servers;
};
