/** Asks the hub for the command that joins a machine, and prints it: the command alone on stdout, what it is on stderr. */
import { JoinInvitation, pageOf, Server, ServerId } from '@citrus/contracts';
import { randomUUID } from 'node:crypto';
import { openApi, type Api } from '../api/api.ts';
import { usageFailure } from '../failure.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import type { InstallOptions, RenewOptions } from './agent.command.ts';

const ofProject = (project: string | undefined) => (project === undefined ? {} : { projectId: project });

const tell = async (terminal: Terminal, { server, command, endsAt }: JoinInvitation, isJson: true | undefined): Promise<void> => {
  if (isJson) return terminal.out(JSON.stringify({ serverId: server.id, name: server.name, command, endsAt }));
  terminal.note(`Run this on the machine that becomes ${server.name}; it is good once, until ${endsAt.slice(0, 16).replace('T', ' ')} UTC. As root without sudo, leave the word sudo away.\n`);
  await terminal.out(printable(command));
};

export const install = async ({ name, tags, project, json }: InstallOptions, api: Api = openApi(), terminal: Terminal = processTerminal()): Promise<void> => {
  const body = { name, ...(tags !== undefined && { tags: tags.split(',').map((tag) => tag.trim()).filter(Boolean) }), ...ofProject(project) };
  await tell(terminal, await api.json({ method: 'POST', path: '/api/servers/join', body, headers: { 'idempotency-key': randomUUID() } }, JoinInvitation), json);
};

/** By its id, or by a name that only one server has. */
const serverCalled = async (api: Api, wanted: string, project: string | undefined): Promise<string> => {
  if (ServerId.safeParse(wanted).success) return wanted;
  const { items } = await api.json({ path: '/api/servers', query: { name: wanted, limit: 200, ...ofProject(project) } }, pageOf(Server));
  const [found, another] = items.filter(({ name }) => name === wanted);
  if (!found) throw usageFailure(`there is no server called ${wanted}`, 'Look at them with: citrus history state servers');
  if (another) throw usageFailure(`more than one server is called ${wanted}: ${found.id}, ${another.id}`, 'Say which one by its id.');
  return found.id;
};

export const renew = async (server: string, { project, json }: RenewOptions, api: Api = openApi(), terminal: Terminal = processTerminal()): Promise<void> => {
  const serverId = await serverCalled(api, server, project);
  await tell(terminal, await api.json({ method: 'POST', path: `/api/servers/${serverId}/join-token`, body: ofProject(project) }, JoinInvitation), json);
};
