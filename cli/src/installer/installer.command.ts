/** What can be installed, and what it would need and do on a server. */
import { Command } from 'commander';
import { collect } from '../option-values.ts';

export type InstallersOptions = { readonly json?: true };
export type CheckOptions = InstallersOptions;
export type PlanOptions = InstallersOptions & { readonly server: string; readonly action: string; readonly input: readonly string[] };

const ID = ['<installer>', 'its id, as the list shows it'] as const;

export const installersCommand = (): Command => {
  const installers = new Command('installers').description('What can be installed, and what it needs');
  installers
    .command('list', { isDefault: true })
    .description('All installers, and what was refused and why')
    .action(async (_: InstallersOptions, command: Command) => (await import('./installers.ts')).listAll(command.optsWithGlobals()));
  installers
    .command('show')
    .description('What an installer is, needs, asks and leaves')
    .argument(...ID)
    .action(async (id: string, _: InstallersOptions, command: Command) => (await import('./installers.ts')).show(id, command.optsWithGlobals()));
  installers
    .command('reload')
    .description('Read the installers\' folder again; a bad one spoils no other')
    .action(async (_: InstallersOptions, command: Command) => (await import('./installers.ts')).reload(command.optsWithGlobals()));
  const sources = installers.command('sources').description('The git repositories that installers come from');
  sources
    .command('list', { isDefault: true })
    .description('Each source: the commit in use, since when, and what went wrong')
    .action(async (_: InstallersOptions, command: Command) => (await import('./sources.ts')).listSources(command.optsWithGlobals()));
  sources
    .command('fetch')
    .description('Look now whether a source has another commit; one with a fault changes nothing')
    .argument('<source>', 'its name, as the list shows it')
    .action(async (name: string, _: InstallersOptions, command: Command) => (await import('./sources.ts')).fetchSource(name, command.optsWithGlobals()));
  installers
    .command('check')
    .summary('find faults in an installer\'s folder, before a server does')
    .description('Reads the folder of an installer on this machine by the rules of the registry, and looks through its scripts. Nothing is run, and no hub is asked.')
    .argument('<folders...>', 'the folder of an installer, or one with several in it')
    .addHelpText('after', `
Errors: what the registry refuses (with the line of manifest.yml), scripts that bash cannot read, without
set -euo pipefail or #!/bin/bash, or with the line ends of Windows. Warnings: what waits for somebody to answer, and
what people regret. The exit code is 1 when there is an error.

Examples:
  citrus installers check installers/nginx
  citrus installers check installers --json | jq -r '.installers[].findings[] | select(.severity == "error").message'`)
    .action(async (folders: string[], _: CheckOptions, command: Command) => (await import('./check.ts')).check(folders, command.optsWithGlobals()));
  installers
    .command('plan')
    .description('What an installer would need and do on a server; nothing is changed')
    .argument(...ID)
    .requiredOption('--server <server>', 'its name or id')
    .option('--action <action>', 'install, upgrade, uninstall, or what else it offers', 'install')
    .option('-i, --input <name=value>', 'an input; name=@file takes it from a file, name=@- from standard input', collect, [])
    .action(async (id: string, _: PlanOptions, command: Command) => (await import('./installers.ts')).plan(id, command.optsWithGlobals()));
  return installers.addHelpText('after', `
Examples:
  citrus installers
  citrus installers show nginx
  citrus installers check ./my-app
  citrus installers sources fetch platform
  citrus installers plan nginx --server web-1 -i listen_port=8080`);
};
