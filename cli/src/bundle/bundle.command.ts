/** Bundles: several apps as one template. */
import { Command } from 'commander';
import { collect } from '../option-values.ts';

export type BundlesOptions = { readonly json?: true };
export type OrderOptions = BundlesOptions & { readonly on: readonly string[]; readonly input: readonly string[] };
export type InstallOptions = OrderOptions & { readonly yes?: true; readonly follow?: false };
export type SteerOptions = BundlesOptions & { readonly yes?: true; readonly follow?: false; readonly withoutBackup?: true };

const BUNDLE = ['<bundle>', 'its id, as in the list'] as const;
const INSTALLED = ['<id>', 'as in citrus bundles status; the beginning will do'] as const;

export const bundlesCommand = (): Command => {
  const load = () => import('./bundles.ts');
  const steer = () => import('./installed.ts');
  const bundles = new Command('bundles').description('Bundles: several apps as one template, with what one hands on given to the next');
  const ordered = (name: string, description: string) => bundles.command(name).description(description).argument(...BUNDLE)
    .option('--on <server>', 'the server by name or id; with several roles: role=server, once for each', collect, [])
    .option('-i, --input <name=value>', 'an input; @file takes it from a file, which is how to give a password', collect, []);
  bundles.command('list', { isDefault: true }).description('Which bundles there are, and which were refused and why').action(async (_: BundlesOptions, command: Command) => (await load()).listAll(command.optsWithGlobals()));
  bundles.command('show').description('What a bundle asks, and its apps in their order').argument(...BUNDLE).action(async (id: string, _: BundlesOptions, command: Command) => (await load()).show(id, command.optsWithGlobals()));
  ordered('plan', 'What would be installed where, in which order and with which values; nothing is done').action(async (id: string, _: OrderOptions, command: Command) => (await load()).plan(id, command.optsWithGlobals()));
  ordered('install', 'Install its apps one after the other, and wait for the end').option('--yes', 'do not ask').option('--no-follow', 'do not wait').action(async (id: string, _: InstallOptions, command: Command) => (await load()).install(id, command.optsWithGlobals()));
  bundles.command('status').description('The bundles on servers, or one of them with each of its apps').argument('[id]', INSTALLED[1]).action(async (id: string | undefined, _: BundlesOptions, command: Command) => (await steer()).status(id, command.optsWithGlobals()));
  bundles.command('retry').description('Go on from what failed or was cancelled, with the same inputs').argument(...INSTALLED).option('--no-follow', 'do not wait').action(async (id: string, _: SteerOptions, command: Command) => (await steer()).steer('retry', id, command.optsWithGlobals()));
  bundles.command('cancel').description('Cancel what runs and begin no further app; what is there stays').argument(...INSTALLED).option('--no-follow', 'do not wait').action(async (id: string, _: SteerOptions, command: Command) => (await steer()).steer('cancel', id, command.optsWithGlobals()));
  bundles.command('uninstall').description('Remove its apps, the last one first; what was there before it stays').argument(...INSTALLED).option('--without-backup', 'also where nothing can be undone').option('--yes', 'do not ask').option('--no-follow', 'do not wait')
    .action(async (id: string, _: SteerOptions, command: Command) => (await steer()).steer('uninstall', id, command.optsWithGlobals()));
  return bundles.addHelpText('after', `
Examples:
  citrus bundles plan watched-site --on web-1 -i title="My site"
  citrus bundles install site-behind-nginx --on site=web-1 --on front=web-2 -i domain=www.example.com
  citrus bundles status
  citrus bundles retry 01a20b11`);
};
