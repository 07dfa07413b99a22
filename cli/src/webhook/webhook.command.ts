/** Webhooks: events of the project, sent to an address. */
import { Command } from 'commander';
import type * as Webhooks from './webhooks.ts';
import { collect, wholeNumber } from '../option-values.ts';

type Json = { readonly json?: true };
export type WebhookOptions = Json;
export type AddOptions = Json & { readonly type: readonly string[]; readonly description?: string };
export type ChangeOptions = Json & { readonly url?: string; readonly type: readonly string[]; readonly description?: string };
export type RemoveOptions = Json & { readonly yes?: true };
export type DeliveriesOptions = Json & { readonly status?: string; readonly limit: number };
export type RedeliverOptions = Json & { readonly since?: string };

type Load = () => Promise<typeof Webhooks>;

const WHICH = ['<webhook>', 'its id, the beginning of it, its description or its address'] as const;

const addReading = (webhooks: Command, load: Load): void => {
  webhooks.command('list', { isDefault: true }).description('The webhooks of the project, and how they do').action(async (_: WebhookOptions, command: Command) => (await load()).listAll(command.optsWithGlobals()));
  webhooks.command('types').description('Which events a webhook can carry').action(async (_: WebhookOptions, command: Command) => (await load()).listTypes(command.optsWithGlobals()));
  webhooks.command('show').description('One webhook').argument(...WHICH).action(async (which: string, _: WebhookOptions, command: Command) => (await load()).show(which, command.optsWithGlobals()));
  webhooks
    .command('deliveries')
    .description('What was sent and what became of it, the newest first')
    .argument(...WHICH)
    .option('--status <status>', 'only waiting, delivered or failed ones')
    .option('--limit <number>', 'at most so many', wholeNumber, 20)
    .action(async (which: string, _: DeliveriesOptions, command: Command) => (await load()).listDeliveries(which, command.optsWithGlobals()));
};

const addSending = (webhooks: Command, load: Load): void => {
  webhooks.command('ping').description('Send a test and wait for what comes of it').argument(...WHICH).action(async (which: string, _: WebhookOptions, command: Command) => (await load()).ping(which, command.optsWithGlobals()));
  webhooks
    .command('redeliver')
    .description('Send again: one delivery, or everything that was given up since an instant')
    .argument(...WHICH)
    .argument('[delivery]', 'its id')
    .option('--since <instant>', 'as in 2026-11-22T09:00:00Z')
    .action(async (which: string, delivery: string | undefined, _: RedeliverOptions, command: Command) => (await load()).redeliver(which, delivery, command.optsWithGlobals()));
};

export const webhooksCommand = (): Command => {
  const load = () => import('./webhooks.ts');
  const webhooks = new Command('webhooks').description('Webhooks: events of the project, sent to an address');
  addReading(webhooks, load);
  webhooks
    .command('add')
    .description('Send events to an address; its secret is shown once')
    .argument('<url>', 'where to: https://…')
    .option('-t, --type <type>', 'an event type, or the beginning of some and a *; may be repeated. All of them if left out', collect, [])
    .option('--description <text>', 'what it is for')
    .action(async (url: string, _: AddOptions, command: Command) => (await load()).add(url, command.optsWithGlobals()));
  webhooks
    .command('change')
    .description('Change where it goes or what it carries; what is left out stays')
    .argument(...WHICH)
    .option('--url <url>', 'another address')
    .option('-t, --type <type>', 'these event types instead; may be repeated', collect, [])
    .option('--description <text>', 'another description')
    .action(async (which: string, _: ChangeOptions, command: Command) => (await load()).change(which, command.optsWithGlobals()));
  for (const [verb, description] of [['pause', 'Send nothing until it is resumed; events wait'], ['resume', 'Send again, what waited too']] as const) {
    webhooks.command(verb).description(description).argument(...WHICH).action(async (which: string, _: WebhookOptions, command: Command) => (await load()).steer(verb, which, command.optsWithGlobals()));
  }
  webhooks.command('rotate').description('Another secret, shown once; the old one is signed with for a day more').argument(...WHICH).action(async (which: string, _: WebhookOptions, command: Command) => (await load()).rotate(which, command.optsWithGlobals()));
  webhooks.command('remove').description('Delete a webhook, its secrets and its deliveries').argument(...WHICH).option('--yes', 'do not ask').action(async (which: string, _: RemoveOptions, command: Command) => (await load()).remove(which, command.optsWithGlobals()));
  addSending(webhooks, load);
  return webhooks.addHelpText('after', `
What is sent is signed; docs/how-to/webhooks.md shows how a receiver checks that.

Examples:
  citrus webhooks add https://hooks.example.com/citrus -t 'Server*' -t JobFinished
  citrus webhooks ping hooks.example.com
  citrus webhooks redeliver hooks.example.com --since 2026-11-22T09:00:00Z`);
};
