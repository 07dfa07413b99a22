/** The agents that there are, which programs they run, and what people call them. */
import { Agent, AgentLabels, AgentsUpgrading, labelTextsOf, Server } from '@citrus/contracts';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { confirmed } from '../output/confirm.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import { disksTable, factRows } from './facts.ts';
import type { AgentsOptions, LabelOptions, UpgradeOptions } from './agent.command.ts';

type Parts = { readonly api?: Api; readonly terminal?: Terminal };

const ShownAgent = Agent.extend({ online: z.boolean(), lastSeenAt: z.string().nullable() });
type ShownAgent = z.infer<typeof ShownAgent>;
type Named = ShownAgent & { readonly server: string };

const UPDATES: Readonly<Record<Agent['update'], string>> = { none: 'newest', available: 'update available', 'by-hand': 'install again to update', unknown: '-' };
const minutesOf = (instant: string | null): string => (instant === null ? '-' : `${instant.slice(0, 16).replace('T', ' ')} UTC`);

const namedAgents = async (api: Api): Promise<Named[]> => {
  const [agents, servers] = [await allOf(api, '/api/agents', ShownAgent), await allOf(api, '/api/servers', Server)];
  const nameOf = new Map(servers.map(({ id, name }) => [id, name]));
  return agents.map((agent) => ({ ...agent, server: nameOf.get(agent.serverId) ?? agent.serverId })).toSorted((one, other) => one.server.localeCompare(other.server));
};

/** @throws CliFailure when there is none */
const agentOf = (agents: readonly Named[], wanted: string): Named => {
  const found = agents.find(({ server, serverId, id }) => [server, serverId as string, id as string].includes(wanted));
  if (!found) throw new CliFailure(`there is no agent on ${wanted}`, { exit: EXIT.failed, code: 'agent.unknown', advice: 'See which there are: citrus agents list' });
  return found;
};

const upgradeLine = ({ upgrade }: ShownAgent): string => {
  if (!upgrade) return '';
  const how = { waiting: 'waits for its turn', begun: 'under way', upgraded: 'succeeded', failed: upgrade.isReverted ? 'was taken back' : 'failed' }[upgrade.status];
  return `upgrade to ${upgrade.version} ${how}${upgrade.reason === null ? '' : `: ${upgrade.reason}`}`;
};

export const listAgents = async (options: AgentsOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const items = await namedAgents(api);
  if (options.json) return terminal.out(JSON.stringify({ items }));
  const rows = items.map((agent) => [agent.server, agent.id, agent.facts?.agentVersion ?? '-', UPDATES[agent.update], agent.online ? 'yes' : 'no', minutesOf(agent.lastSeenAt), agent.facts?.os ?? '-', labelsLine(agent.labels)]);
  await terminal.out(tableOf(['SERVER', 'AGENT', 'VERSION', 'UPDATE', 'ONLINE', 'LAST BEAT', 'SYSTEM', 'LABELS'], rows, terminal));
};

const labelsLine = (labels: AgentLabels): string => labelTextsOf(labels).filter((text) => text.includes('=') || labels[text] === '').join(' ');

export const showAgent = async (wanted: string, options: AgentsOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const agent = agentOf(await namedAgents(api), wanted);
  if (options.json) return terminal.out(JSON.stringify(agent));
  const { facts } = agent;
  const rows = [
    ['server', agent.server], ['agent', agent.id], ['online', agent.online ? 'yes' : 'no'], ['last beat', minutesOf(agent.lastSeenAt)],
    ['version', `${facts?.agentVersion ?? '-'} (${UPDATES[agent.update]})`], ['program', facts?.agentDigest ?? '-'], ['last upgrade', upgradeLine(agent) || '-'], ['labels', labelsLine(agent.labels) || '-'],
    ['Node', facts?.nodeVersion ?? '-'], ...factRows(facts),
  ];
  await terminal.out(tableOf(['WHAT', 'IS'], rows, terminal));
  if (facts?.disks?.length) await terminal.out(`\n${disksTable(facts.disks, terminal)}`);
};

const counted = (text: string | undefined, option: string): number | undefined => {
  if (text !== undefined && !/^\d{1,5}$/.test(text)) throw usageFailure(`${option} is a number, not ${text}`, `For example: ${option} 5`);
  return text === undefined ? undefined : Number(text);
};

export const upgradeAgents = async (filter: string, options: UpgradeOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const [atOnce, maxFailures] = [counted(options.atOnce, '--at-once'), counted(options.maxFailures, '--max-failures')];
  await confirmed(terminal, `Upgrade the agents on ${filter}? They restart; jobs that run are waited for.`, options.yes);
  const body = { filter, ...(atOnce !== undefined && { atOnce }), ...(maxFailures !== undefined && { maxFailures }), ...(options.downgrade && { allowDowngrade: true }) };
  const upgrading = await api.json({ method: 'POST', path: '/api/agents/upgrade', body, headers: { 'idempotency-key': randomUUID() } }, AgentsUpgrading);
  if (options.json) return terminal.out(JSON.stringify(upgrading));
  const nameOf = new Map((await allOf(api, '/api/servers', Server)).map(({ id, name }) => [id, name]));
  const words = { asked: `will become ${upgrading.version}`, current: 'has it already', refused: 'cannot' };
  await terminal.out(tableOf(['SERVER', 'AGENT', 'WHY'], upgrading.agents.map(({ serverId, outcome, reason }) => [nameOf.get(serverId) ?? serverId, words[outcome], outcome === 'refused' ? (reason ?? '') : '']), terminal));
  terminal.note('See how it goes: citrus agents list');
};

/** `env=prod` and `canary` put on, `env-` takes off. */
export const parseLabels = (given: readonly string[]): { set: AgentLabels; remove: string[] } => {
  const remove = given.filter((text) => text.endsWith('-') && !text.includes('=')).map((text) => text.slice(0, -1));
  const set = Object.fromEntries(given.filter((text) => text.includes('=') || !text.endsWith('-')).map((text) => (text.includes('=') ? [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)] : [text, ''])));
  const parsed = AgentLabels.safeParse(set);
  if (!parsed.success) throw usageFailure('that is no label', 'A label is key or key=value, of lower-case letters, digits, dots, dashes and underscores: env=prod');
  return { set: parsed.data, remove };
};

export const labelAgent = async (wanted: string, labels: readonly string[], options: LabelOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const change = parseLabels(labels);
  const { serverId, server } = agentOf(await namedAgents(api), wanted);
  const agent = await api.json({ method: 'POST', path: '/api/agents/labels', body: { serverId, ...change } }, Agent);
  await terminal.out(options.json ? JSON.stringify(agent) : `${printable(server)}: ${labelsLine(agent.labels) || 'no labels'}`);
};
