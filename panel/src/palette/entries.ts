/** All that the palette leads to, from the lists that the rooms read too. Nothing here allows anything: the hub does. */
import { navigate } from 'wouter-preact/use-browser-location';
import type { AgentsPinged, Member } from '@citrus/contracts';
import { post } from '../api/client.ts';
import type { Catalogue, Job, LiveServer, Page, Run } from '../api/types.ts';
import { useResource } from '../live/resource.ts';
import { useMembers } from '../people/use-members.ts';
import { useServers } from '../servers/use-servers.ts';
import { projectId } from '../session/project.ts';
import { may } from '../session/rights.ts';
import { signOut } from '../session/session.ts';
import { ACCOUNT, openRooms } from '../shell/doors.ts';
import { strings } from '../strings.ts';
import { copyText } from '../ui/copy.tsx';
import { chooseTheme, theme, THEMES } from '../ui/preferences.ts';
import { overlay } from './keys.ts';
import { words as t } from './words.ts';

export type Kind = keyof typeof t.kinds;
/** `act` gives a sentence where the palette stays open to say it. */
export type Entry = { readonly id: string; readonly kind: Kind; readonly text: string; readonly also?: string; readonly hint?: string; readonly act: () => void | Promise<string | void> };

type Known = { readonly servers: readonly LiveServer[]; readonly jobs: readonly Job[]; readonly runs: readonly Run[]; readonly members: readonly Member[]; readonly installers: Catalogue['items'] };

const link = (kind: Kind, href: string, rest: { text: string; also?: string; hint?: string }): Entry => ({ id: `${kind} ${href}`, kind, act: () => navigate(href), ...rest });

const serverOn = (path: string, servers: readonly LiveServer[]): LiveServer | undefined => {
  const id = /^\/servers\/([\w-]+)/.exec(path)?.[1];
  return servers.find((server) => server.id === id);
};

/** With the project, for whoever is in several. */
const linkToHere = (): string => {
  const link = new URL(location.href);
  if (projectId.peek() !== undefined) link.searchParams.set('project', projectId.peek() ?? '');
  return link.href;
};

const ping = async (): Promise<string> => {
  const answer = await post<AgentsPinged>('/api/agents/ping', {});
  return t.pinged(answer.answered, answer.asked);
};

const aboutServer = (server: LiveServer, { installers }: Known): Entry[] => {
  const at = `/servers/${server.id}`;
  const ofHistory = may('analyst') ? [link('action', `${at}/history`, { text: t.history(server.name), also: 'time travel past' }), link('action', `/events?about=${server.id}`, { text: t.eventsOf(server.name) })] : [];
  if (!may('operator') || server.status !== 'active') return ofHistory;
  return [
    link('action', `${at}/install`, { text: t.install(server.name) }), ...ofHistory,
    ...installers.map(({ id, name }) => link('installer', `${at}/install/${id}`, { text: t.installApp(name, server.name), also: id })),
  ];
};

const ofProject = (): Entry[] => [
  ...(may('operator') ? [link('action', '/servers/new', { text: t.createServer, also: 'new machine droplet' }), link('action', '/runs/new', { text: t.startRun, also: 'new install fleet' }), { id: 'ping', kind: 'action' as const, text: t.ping, also: 'ping fleet', act: ping }] : []),
  ...(may('analyst') ? [link('action', '/events/fleet', { text: t.fleetThen, also: 'history time travel past' })] : []),
];

const ofBrowser = (): Entry[] => [
  ...THEMES.filter((one) => one !== theme.value).map((one): Entry => ({ id: `theme ${one}`, kind: 'action', text: t.theme[one], also: 'theme appearance mode', act: () => chooseTheme(one) })),
  { id: 'copy', kind: 'action', text: t.copyLink, also: 'share address', act: async () => { await copyText(linkToHere()); return t.linkCopied; } },
  // After this one has closed.
  { id: 'keys', kind: 'action', text: t.keys, also: 'help', hint: '?', act: () => { setTimeout(() => { overlay.value = 'help'; }); } },
  { id: 'sign-out', kind: 'action', text: t.signOut, also: 'log out', act: () => signOut() },
];

const things = ({ servers, jobs, runs, members, installers }: Known): Entry[] => {
  const appName = (installer: string): string => installers.find(({ id }) => id === installer)?.name ?? installer;
  const nameOf = new Map(servers.map(({ id, name }) => [id, name]));
  return [
    ...servers.map((server) => link('server', `/servers/${server.id}`, { text: server.name, also: [server.status, server.region, server.ipAddress, ...server.tags].join(' '), hint: strings.servers.status[server.status] })),
    ...runs.map((run) => link('run', `/runs/${run.id}`, { text: `${strings.jobs.action[run.action]} ${appName(run.installer)}`, also: `${run.installer} ${run.filter} ${run.id}`, hint: run.filter })),
    ...jobs.map((job) => link('job', `/jobs/${job.id}`, { text: `${strings.jobs.action[job.action]} ${appName(job.installer)}${nameOf.has(job.serverId) ? ` · ${nameOf.get(job.serverId)}` : ''}`, also: `${job.installer} ${job.id}`, hint: strings.jobs.status[job.status] })),
    ...members.map(({ userId, name, email }) => ({ ...link('person', '/people', { text: name, also: email ?? '', hint: email ?? '' }), id: `person ${userId}` })),
  ];
};

const rooms = (): Entry[] => [...openRooms(), ACCOUNT].map(({ href, text, key }) => link('room', href, { text, hint: `g ${key}` }));

/** What was looked at last and is still there, but for what is looked at. */
export const recentOf = (paths: readonly string[], here: string, entries: readonly Entry[]): Entry[] =>
  paths.filter((path) => path !== here).flatMap((path) => entries.find(({ id }) => id.endsWith(` ${path}`)) ?? []).map((entry) => ({ ...entry, id: `recent ${entry.id}`, kind: 'recent' as const, hint: t.kinds[entry.kind] }));

export const useEntries = (path: string): Entry[] => {
  const inProject = projectId.value !== undefined;
  const listed = (address: string): string | undefined => (inProject && may('viewer') ? address : undefined);
  const known: Known = {
    servers: useServers().data.value?.items ?? [],
    members: useMembers().data.value?.items ?? [],
    jobs: useResource<Page<Job>>(listed('/api/jobs?limit=100')).data.value?.items ?? [],
    runs: useResource<Page<Run>>(listed('/api/runs?limit=50')).data.value?.items ?? [],
    installers: useResource<Catalogue>(listed('/api/installers')).data.value?.items ?? [],
  };
  const server = serverOn(path, known.servers);
  return [...(server ? aboutServer(server, known) : []), ...(inProject ? ofProject() : []), ...rooms(), ...things(known), ...ofBrowser()];
};
