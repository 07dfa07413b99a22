/** Which agents are trusted, and taking the trust back. */
import { AgentTrust, pageOf, revokeAgents, Server } from '@citrus/contracts';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT } from '../failure.ts';
import { confirmed } from '../output/confirm.ts';
import { tableOf } from '../output/table.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';
import type { RevokeOptions, TrustOptions } from './agent.command.ts';

type Parts = { readonly api?: Api; readonly terminal?: Terminal };

const MOST_AT_ONCE = 500;
const minutesOf = (instant: string | null): string => (instant === null ? '-' : `${instant.slice(0, 16).replace('T', ' ')} UTC`);

const oddOf = ({ cloneSuspectedAt, refusedAt }: AgentTrust): string =>
  [cloneSuspectedAt && `clone suspected ${minutesOf(cloneSuspectedAt)}`, refusedAt && `other keys refused ${minutesOf(refusedAt)}`].filter(Boolean).join('; ') || '-';

export const listTrust = async (options: TrustOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const [items, servers] = [await allOf(api, '/api/agents/trust', AgentTrust), await allOf(api, '/api/servers', Server)];
  if (options.json) return terminal.out(JSON.stringify({ items }));
  const nameOf = (serverId: string): string => servers.find(({ id }) => id === serverId)?.name ?? serverId;
  const rows = items.map((trust) => [nameOf(trust.serverId), trust.status, minutesOf(trust.status === 'revoked' ? trust.revokedAt : trust.enrolledAt), trust.agentId, oddOf(trust)]);
  await terminal.out(tableOf(['SERVER', 'TRUST', 'SINCE', 'AGENT', 'ODD'], rows, terminal));
};

/** Agents by their own ids, or by the ids or names of their servers. */
const agentsCalled = async (api: Api, wanted: readonly string[]): Promise<AgentTrust[]> => {
  const all = await allOf(api, '/api/agents/trust', AgentTrust);
  const named = new Map<string, string>();
  for (const name of wanted) {
    const { items } = await api.json({ path: '/api/servers', query: { name, limit: 200 } }, pageOf(Server));
    for (const server of items) if (server.name === name) named.set(name, server.id);
  }
  return wanted.map((name) => {
    const found = all.find(({ agentId, serverId }) => agentId === name || serverId === name || serverId === named.get(name));
    if (!found) throw new CliFailure(`there is no agent of ${name}`, { exit: EXIT.failed, code: 'agent.unknown', advice: 'See what there is: citrus agent trust' });
    return found;
  });
};

export const revoke = async (wanted: readonly string[], options: RevokeOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const agents = await agentsCalled(api, wanted);
  const many = agents.length === 1 ? 'The agent is' : `${agents.length} agents are`;
  await confirmed(terminal, `${many} out within seconds, for ever; the machines keep running, and nothing that you ask of them reaches them. Go on?`, options.yes);
  const revoked: string[] = [];
  for (let from = 0; from < agents.length; from += MOST_AT_ONCE) {
    const agentIds = agents.slice(from, from + MOST_AT_ONCE).map(({ agentId }) => agentId);
    revoked.push(...(await api.json({ method: 'POST', path: '/api/agents/revoke', body: { agentIds, reason: options.reason } }, revokeAgents.reply)).revoked);
  }
  await terminal.out(options.json ? JSON.stringify({ revoked }) : `Revoked: ${revoked.join(', ')}`);
};
