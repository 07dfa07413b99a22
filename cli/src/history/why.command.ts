import { Command } from 'commander';

export type WhyOptions = { readonly json?: true };

export const whyCommand = (): Command =>
  new Command('why')
    .summary('what led to an event, and what came of it')
    .description('What led to an event, back to who began it, and everything that came of it.')
    .argument('<event>', 'an event by its place (provisioning:12) or its id')
    .addHelpText('after', `
Examples:
  citrus history why provisioning:12
  citrus history why agent-mgmt:40 --json | jq .command.actor`)
    .action(async (event: string, _: WhyOptions, command: Command) => (await import('./why.ts')).why(event, command.optsWithGlobals()));
