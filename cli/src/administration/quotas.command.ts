/** How many servers projects may have made for them. */
import { Command } from 'commander';

export type QuotasOptions = { readonly json?: true };
export type SetQuotaOptions = QuotasOptions & { readonly servers?: string; readonly creationsPerHour?: string };

const load = () => import('./quotas.ts');

export const quotasCommand = (): Command => {
  const quotas = new Command('quotas').description('How many servers projects may have, and ask for in an hour');
  quotas.command('show').description('What your project may have, and has')
    .action(async (_: QuotasOptions, command: Command) => (await load()).showQuota(command.optsWithGlobals()));
  quotas.command('list').description('The projects that have a quota. For administrators.')
    .action(async (_: QuotasOptions, command: Command) => (await load()).listQuotas(command.optsWithGlobals()));
  quotas.command('set').description('Give a project a quota; what is left out stays. For administrators.')
    .argument('<project>', 'its name or id')
    .option('--servers <number|none>', 'servers that clouds have made for it, whatever their status')
    .option('--creations-per-hour <number|none>', 'servers asked for in an hour, also those that were deleted since')
    .addHelpText('after', `
Without a quota there is no limit but the cloud account's own. A lower one takes nothing away: the project only gets
nothing more. Machines that join by themselves are not counted.

Examples:
  citrus quotas set shop --servers 20 --creations-per-hour 50
  citrus quotas set shop --servers none`)
    .action(async (project: string, _: SetQuotaOptions, command: Command) => (await load()).setQuota(project, command.optsWithGlobals()));
  return quotas;
};
