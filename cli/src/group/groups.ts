import { ServerGroup } from '@citrus/contracts';
import { randomUUID } from 'node:crypto';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { confirmed } from '../output/confirm.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import type { ChangeGroupOptions, CreateGroupOptions, DeleteGroupOptions, GroupsOptions, RuleOptions, TemplateOptions } from './group.command.ts';

type Hands = { readonly api: Api; readonly terminal: Terminal };
const hands = (): Hands => ({ api: openApi(), terminal: processTerminal() });

/** By its id, or by a name that only one has. */
const called = async (api: Api, wanted: string): Promise<ServerGroup> => {
  const groups = await allOf(api, '/api/groups', ServerGroup);
  const byId = groups.find(({ id }) => id === wanted);
  if (byId) return byId;
  const [found, another] = groups.filter(({ name }) => name === wanted.toLowerCase());
  if (!found) throw new CliFailure(`there is no group called ${wanted}`, { exit: EXIT.failed, code: 'group.unknown', advice: 'See which there are: citrus groups list' });
  if (another) throw usageFailure(`more than one group is called ${wanted}: ${found.id}, ${another.id}`, 'Say which one by its id.');
  return found;
};

const given = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** Only when some part of a rule was said; the hub knows the rest. */
const ruleOf = ({ metric, outAbove, inBelow, forMinutes, coolDown }: RuleOptions, before: object = {}): object | undefined => {
  const said = given({ metric, outAbove, inBelow, forMinutes, coolDownMinutes: coolDown });
  return Object.keys(said).length === 0 ? undefined : { ...before, ...said };
};
const templateOf = ({ region, size, image, tag, cloud }: TemplateOptions, before: object = {}): object | undefined => {
  const said = given({ region, size, image, tags: tag, cloud });
  return Object.keys(said).length === 0 ? undefined : { ...before, ...said };
};

const stateOf = ({ status, isPaused, isStalled }: ServerGroup): string => (status === 'active' ? (isStalled ? 'given up' : isPaused ? 'paused' : 'active') : status);
const liveOf = ({ members }: ServerGroup): number => members.filter(({ status, isReleased }) => status === 'active' && !isReleased).length;
const ruleText = ({ policy }: ServerGroup): string => (policy ? `${policy.metric} >${policy.outAbove} % +1, <${policy.inBelow} % -1, in ${policy.forMinutes} min` : '-');

const told = async (group: ServerGroup, { json }: GroupsOptions, { terminal }: Hands, words: string): Promise<void> => terminal.out(json ? JSON.stringify(group) : words);

export const listGroups = async (options: GroupsOptions, { api, terminal } = hands()): Promise<void> => {
  const items = await allOf(api, '/api/groups', ServerGroup);
  if (options.json) return terminal.out(JSON.stringify({ items }));
  const rows = items.map((group) => [group.name, stateOf(group), `${liveOf(group)}/${group.target}`, `${group.min}-${group.max}`, ruleText(group), group.note ?? '']);
  await terminal.out(tableOf(['NAME', 'STATE', 'ACTIVE', 'BOUNDS', 'RULE', 'NOTE'], rows, terminal));
};

export const showGroup = async (wanted: string, options: GroupsOptions, { api, terminal } = hands()): Promise<void> => {
  const group = await called(api, wanted);
  if (options.json) return terminal.out(JSON.stringify(group));
  const facts = [
    `${group.name}: ${stateOf(group)}, ${liveOf(group)} of ${group.target} servers active, between ${group.min} and ${group.max}`,
    `rule: ${ruleText(group)}`, ...(group.load ? [`load: ${group.load.note}`] : []), ...(group.note === null ? [] : [group.note]),
  ];
  await terminal.out(facts.map(printable).join('\n'));
  const rows = group.members.map(({ name, status, isReleased, requestedAt, serverId }) => [name, isReleased ? 'let go' : (status ?? 'asked for'), requestedAt.slice(0, 16).replace('T', ' '), serverId]);
  if (rows.length > 0) await terminal.out(`\n${tableOf(['SERVER', 'STATE', 'SINCE', 'ID'], rows, terminal)}`);
};

export const createGroup = async (name: string, options: CreateGroupOptions, io = hands()): Promise<void> => {
  const { min, max, target } = options;
  const body = given({ name, min, max, target, policy: ruleOf(options), template: templateOf(options) });
  const group = await io.api.json({ method: 'POST', path: '/api/groups', body, headers: { 'idempotency-key': randomUUID() } }, ServerGroup);
  await told(group, options, io, `The group ${group.name} is made; it asks for ${group.target === 1 ? '1 server' : `${group.target} servers`} now.`);
};

export const changeGroup = async (wanted: string, options: ChangeGroupOptions, io = hands()): Promise<void> => {
  const before = await called(io.api, wanted);
  const { name, min, max, target, rule } = options;
  const policy = rule === false ? null : ruleOf(options, before.policy ?? {});
  const body = given({ name, min, max, target, policy, template: templateOf(options, before.template) });
  if (Object.keys(body).length === 0) throw usageFailure('nothing was said that is to change', 'See citrus groups change --help');
  const group = await io.api.json({ method: 'POST', path: `/api/groups/${before.id}/change`, body }, ServerGroup);
  await told(group, options, io, `${group.name} is to have ${group.target} servers, between ${group.min} and ${group.max}.`);
};

export const setGroup = async (wanted: string, verb: 'pause' | 'resume', options: GroupsOptions, io = hands()): Promise<void> => {
  const { id } = await called(io.api, wanted);
  const group = await io.api.json({ method: 'POST', path: `/api/groups/${id}/${verb}` }, ServerGroup);
  await told(group, options, io, verb === 'pause' ? `${group.name} stays as it is until it is resumed.` : `${group.name} goes on.`);
};

export const deleteGroup = async (wanted: string, options: DeleteGroupOptions, io = hands()): Promise<void> => {
  const before = await called(io.api, wanted);
  const count = before.members.length;
  const keeps = options.keepServers === true;
  if (!keeps) await confirmed(io.terminal, `Delete ${before.name} and its ${count === 1 ? 'server' : `${count} servers`}, with all that is on them?`, options.yes);
  const group = await io.api.json({ method: 'DELETE', path: `/api/groups/${before.id}`, query: { keepsServers: String(keeps) } }, ServerGroup);
  await told(group, options, io, keeps ? `${group.name} is deleted; its servers are ordinary ones now.` : `${group.name} and its servers are being deleted.`);
};
