/** Server groups: so many servers of one kind, kept at a target. */
import { Command, InvalidArgumentError, Option } from 'commander';

type Json = { readonly json?: true };
export type GroupsOptions = Json;
export type SizeOptions = { readonly min?: number; readonly max?: number; readonly target?: number };
export type RuleOptions = { readonly metric?: 'cpu' | 'memory'; readonly outAbove?: number; readonly inBelow?: number; readonly forMinutes?: number; readonly coolDown?: number };
export type TemplateOptions = { readonly region?: string; readonly size?: string; readonly image?: string; readonly tag?: readonly string[]; readonly cloud?: string };
export type CreateGroupOptions = Json & SizeOptions & RuleOptions & TemplateOptions;
export type ChangeGroupOptions = CreateGroupOptions & { readonly name?: string; readonly rule?: false };
export type DeleteGroupOptions = Json & { readonly keepServers?: true; readonly yes?: true };

const number = (text: string): number => {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('It is a whole number.');
  return Number(text);
};
const several = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

const sized = (command: Command): Command =>
  command
    .option('--min <servers>', 'never fewer than this', number)
    .option('--max <servers>', 'never more than this', number)
    .option('--target <servers>', 'how many there are to be now', number);

const ruled = (command: Command): Command =>
  command
    .addOption(new Option('--metric <metric>', 'let the load of the group move the target').choices(['cpu', 'memory']))
    .option('--out-above <percent>', 'one server more above this', number)
    .option('--in-below <percent>', 'one server less below this', number)
    .option('--for-minutes <minutes>', 'in each of so many minutes', number)
    .option('--cool-down <minutes>', 'how long to rest after a change', number);

const templated = (command: Command): Command =>
  command
    .option('--region <region>', 'where its servers are')
    .option('--size <size>', 'what they are')
    .option('--image <image>', 'what they run')
    .option('--tag <tag>', 'a tag of theirs; may be given more than once', several)
    .option('--cloud <id>', 'with which of the project’s clouds they are made');

const WHICH = ['<group>', 'its name or id'] as const;
const load = () => import('./groups.ts');

export const groupsCommand = (): Command => {
  const groups = new Command('groups').description('Server groups: so many servers of one kind, kept at a target by themselves');
  groups.command('list', { isDefault: true }).description('The groups of the project').action(async (_: GroupsOptions, command: Command) => (await load()).listGroups(command.optsWithGlobals()));
  groups.command('show').description('One group with its servers').argument(...WHICH).action(async (group: string, _: GroupsOptions, command: Command) => (await load()).showGroup(group, command.optsWithGlobals()));
  templated(ruled(sized(groups.command('create').description('Make a group, and its servers').argument('<name>', 'what it is called; its servers are called name-1, name-2, …'))))
    .action(async (name: string, _: CreateGroupOptions, command: Command) => (await load()).createGroup(name, command.optsWithGlobals()));
  templated(ruled(sized(groups.command('change').description('Change a group; what is left out stays').argument(...WHICH))))
    .option('--name <name>', 'what it is called from now on')
    .option('--no-rule', 'nothing moves its target any more')
    .action(async (group: string, _: ChangeGroupOptions, command: Command) => (await load()).changeGroup(group, command.optsWithGlobals()));
  groups.command('scale').description('Say how many servers there are to be now').argument(...WHICH).argument('<servers>', 'between min and max', number)
    .action(async (group: string, target: number, _: GroupsOptions, command: Command) => (await load()).changeGroup(group, { ...command.optsWithGlobals(), target }));
  groups.command('pause').description('Leave a group as it is for now').argument(...WHICH).action(async (group: string, _: GroupsOptions, command: Command) => (await load()).setGroup(group, 'pause', command.optsWithGlobals()));
  groups.command('resume').description('Let a group go on, also one that had given up').argument(...WHICH).action(async (group: string, _: GroupsOptions, command: Command) => (await load()).setGroup(group, 'resume', command.optsWithGlobals()));
  groups.command('delete').description('Delete a group with its servers').argument(...WHICH)
    .option('--keep-servers', 'they become ordinary servers').option('--yes', 'do not ask')
    .action(async (group: string, _: DeleteGroupOptions, command: Command) => (await load()).deleteGroup(group, command.optsWithGlobals()));
  return groups.addHelpText('after', `
Examples:
  citrus groups create shop --min 2 --max 6 --metric cpu --out-above 70 --in-below 25 --for-minutes 5
  citrus groups scale shop 4
  citrus groups change shop --size s-2vcpu-2gb      # for servers made from now on
  citrus groups delete shop --keep-servers`);
};
