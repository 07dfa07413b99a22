/** The apps on servers, and changing them without losing them. */
import { Command } from 'commander';
import { collect } from '../option-values.ts';

type Json = { readonly json?: true };
export type ListOptions = Json & { readonly server?: string; readonly installer?: string; readonly version?: string; readonly health?: string; readonly state?: string };
export type ShowOptions = Json;
export type ActOptions = Json & { readonly follow?: boolean };
export type RestoreOptions = ActOptions & { readonly backup?: string; readonly yes?: true };
export type ChangeOptions = ActOptions & { readonly input: readonly string[]; readonly withoutBackup?: true; readonly yes?: true };

const SERVER = ['<server>', 'its name or id'] as const;
const APP = ['<app>', 'the id of its installer'] as const;

const changeCommand = (action: 'upgrade' | 'reconfigure' | 'uninstall', summary: string): Command =>
  new Command(action)
    .summary(summary)
    .description(`${summary.slice(0, 1).toUpperCase()}${summary.slice(1)}. A backup is made and proven first where the installer offers that; when the ${action} or the health check after it fails, the backup is brought back.`)
    .argument(...SERVER)
    .argument(...APP)
    .option('-i, --input <name=value>', 'another answer than the one it has; name=@file takes it from a file, name=@- from standard input', collect, [])
    .option('--without-backup', 'go ahead although nothing can be undone')
    .option('--no-follow', 'do not wait for its end')
    .option('--yes', 'do not ask')
    .action(async (server: string, app: string, _: ChangeOptions, command: Command) => (await import('./change.ts')).change(action, [server, app], command.optsWithGlobals()));

export const appsCommand = (): Command => {
  const apps = new Command('apps').description('Which apps are on which server, and changing them safely');
  apps
    .command('list', { isDefault: true })
    .description('The apps of the project')
    .option('--server <server>', 'only those of this server, and removed ones that could be restored')
    .option('--installer <id>', 'only this app')
    .option('--app-version <version>', 'only this version')
    .option('--health <health>', 'healthy, unhealthy or unknown')
    .option('--state <state>', 'installed, failed, changing or removed')
    .action(async (options: ListOptions & { readonly appVersion?: string }, command: Command) => (await import('./apps.ts')).listAll({ ...command.optsWithGlobals(), ...(options.appVersion !== undefined && { version: options.appVersion }) }));
  apps
    .command('show')
    .description('One app: its health, its answers, its backups, its last change')
    .argument(...SERVER)
    .argument(...APP)
    .action(async (server: string, app: string, _: ShowOptions, command: Command) => (await import('./apps.ts')).show([server, app], command.optsWithGlobals()));
  apps.addCommand(changeCommand('upgrade', 'bring an app to the version of its installer'));
  apps.addCommand(changeCommand('reconfigure', 'change the answers that an app was installed with'));
  apps.addCommand(changeCommand('uninstall', 'remove an app'));
  for (const [verb, action, description] of [['check', 'health', 'Ask an app whether it answers'], ['backup', 'backup', 'Back an app up, on its server']] as const) {
    apps
      .command(verb)
      .description(description)
      .argument(...SERVER)
      .argument(...APP)
      .option('--no-follow', 'do not wait for its end')
      .action(async (server: string, app: string, _: ActOptions, command: Command) => (await import('./act.ts')).act(action, [server, app], command.optsWithGlobals()));
  }
  apps
    .command('restore')
    .description('Bring an app back to a backup, also one that was removed')
    .argument(...SERVER)
    .argument(...APP)
    .option('--backup <id>', 'which one, by its id or the beginning of it; the newest, unless told')
    .option('--no-follow', 'do not wait for its end')
    .option('--yes', 'do not ask')
    .action(async (server: string, app: string, _: RestoreOptions, command: Command) => (await import('./act.ts')).restore([server, app], command.optsWithGlobals()));
  return apps.addHelpText('after', `
Examples:
  citrus apps
  citrus apps list --health unhealthy
  citrus apps upgrade web-7 nginx
  citrus apps reconfigure web-7 nginx -i listen_port=8080
  citrus apps restore web-7 nginx --backup 0f3a`);
};
