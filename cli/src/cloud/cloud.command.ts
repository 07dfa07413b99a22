/** With whose account servers are made: the cloud credentials of the project. */
import { Command } from 'commander';

type Json = { readonly json?: true };
export type CloudOptions = Json;
export type NewCloudOptions = Json & { readonly kind: string; readonly url?: string; readonly default?: true };
export type RemoveOptions = Json & { readonly yes?: true };

const TOKEN = `
The API token is asked for, or read from stdin when that is no terminal. It is never an argument: other users of the
machine can read those. It is tested before it is used, kept sealed, and never shown again; people know it by its last
four characters. For admins of the project.`;

const addCommand = (): Command =>
  new Command('add')
    .summary('add a cloud by its API token')
    .description('Add a cloud by its API token, so that servers of the project are made with that account.')
    .argument('<name>', 'what people in the project call it')
    .option('--kind <kind>', 'digitalocean or hetzner', 'digitalocean')
    .option('--url <url>', 'another address than the cloud’s own; only what the operator of the installation allows')
    .option('--default', 'make servers with it that name no cloud')
    .addHelpText('after', `${TOKEN}

Examples:
  citrus clouds add "our account" --default
  pass hetzner/api-token | citrus clouds add production --kind hetzner`)
    .action(async (name: string, _: NewCloudOptions, command: Command) => (await import('./clouds.ts')).addOne(name, command.optsWithGlobals()));

export const cloudsCommand = (): Command => {
  const clouds = new Command('clouds').description('With whose account servers are made: list, add, test, rotate, default, remove');
  clouds
    .command('list', { isDefault: true })
    .description('The clouds of the project')
    .action(async (_: CloudOptions, command: Command) => (await import('./clouds.ts')).listAll(command.optsWithGlobals()));
  clouds
    .command('catalog')
    .description('What can be asked for: regions, sizes and images, and what a server gets that names none')
    .argument('[cloud]', 'its name or id; the installation’s if left out', 'installation')
    .addHelpText('after', `
Examples:
  citrus clouds catalog
  citrus clouds catalog "our account" --json | jq -r '.sizes[].slug'`)
    .action(async (which: string, _: CloudOptions, command: Command) => (await import('./catalog.ts')).showCatalog(which, command.optsWithGlobals()));
  clouds.addCommand(addCommand());
  clouds
    .command('test')
    .description('Ask a cloud whether it accepts its API token')
    .argument('<cloud>', 'its name or id')
    .action(async (which: string, _: CloudOptions, command: Command) => (await import('./clouds.ts')).testOne(which, command.optsWithGlobals()));
  clouds
    .command('rotate')
    .summary('give a cloud another API token')
    .description('Give a cloud another API token. The old one is given up only when the new one is good; servers that are being made go on.')
    .argument('<cloud>', 'its name or id')
    .addHelpText('after', TOKEN)
    .action(async (which: string, _: CloudOptions, command: Command) => (await import('./clouds.ts')).rotateOne(which, command.optsWithGlobals()));
  clouds
    .command('default')
    .description('Make servers that name no cloud with this one from now on')
    .argument('<cloud>', 'its name or id; installation for the one of the whole installation')
    .action(async (which: string, _: CloudOptions, command: Command) => (await import('./clouds.ts')).makeDefault(which, command.optsWithGlobals()));
  clouds
    .command('remove')
    .description('Remove a cloud that no server uses, and destroy its API token here')
    .argument('<cloud>', 'its name or id')
    .option('--yes', 'do not ask')
    .action(async (which: string, _: RemoveOptions, command: Command) => (await import('./clouds.ts')).removeOne(which, command.optsWithGlobals()));
  return clouds.addHelpText('after', `
Examples:
  citrus clouds
  citrus clouds catalog
  pass hetzner/api-token | citrus clouds add production --kind hetzner
  citrus clouds default production`);
};
