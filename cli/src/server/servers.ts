/** What is done with servers: asked for once, waited for, told as it ended. */
import { ActionRecord, Agent, asksForLabels, FilterFault, labelTextsOf, matchesFilter, pageOf, parseServerFilter, Server, Snapshot, type PlainAction, type ServerFilter } from '@citrus/contracts';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { serverCalled as named } from '../job/on-server.ts';
import { confirmed } from '../output/confirm.ts';
import { meanwhile } from '../output/meanwhile.ts';
import { startProgress, type Progress } from '../output/progress.ts';
import { tableOf } from '../output/table.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';
import { SeenServer } from './lifecycle.ts';
import type { ActOptions, ListOptions, MaintenanceOptions, ProtectOptions, RebuildOptions, ResizeOptions, SureOptions } from './server.command.ts';

type Parts = { readonly api?: Api; readonly terminal?: Terminal; readonly progress?: (label: string) => Progress; readonly everyMs?: number };
type Stage = Required<Parts>;
const stageOf = ({ api = openApi(), terminal = processTerminal(), progress = startProgress, everyMs = 1000 }: Parts): Stage => ({ api, terminal, progress, everyMs });

const minuteOf = (instant: string | null): string => (instant === null ? '-' : `${instant.slice(0, 16).replace('T', ' ')} UTC`);

const serverCalled = ({ api }: Stage, wanted: string): Promise<Server> => named(api, wanted);

const sayOf = ({ action, status, note, snapshotRef }: ActionRecord, name: string): string =>
  `${name}: ${action.type} ${status}${snapshotRef !== null && action.type === 'snapshot' ? ` (${snapshotRef})` : ''}${note === null ? '' : `. ${note}`}`;

/** Until it is over; the service sees to it that it ends. */
const ended = async ({ api, progress, everyMs }: Stage, asked: ActionRecord, name: string): Promise<ActionRecord> => {
  const [bar, begunAt] = [progress(`${asked.action.type} ${name}`), Date.now()];
  try {
    for (let action = asked; ; action = await api.json({ path: `/api/servers/${asked.serverId}/actions/${asked.id}` }, ActionRecord)) {
      if (action.endedAt !== null) return action;
      bar.at(Math.round((Date.now() - begunAt) / 1000), undefined, action.note ?? '');
      await pause(everyMs);
    }
  } finally {
    bar.end();
  }
};

/** @throws CliFailure when it failed or was cancelled */
const tell = async (stage: Stage, { asked, name, options }: { asked: ActionRecord; name: string; options: ActOptions }): Promise<void> => {
  const action = options.wait ? await meanwhile(`${asked.action.type} of ${name} goes on without this command. See: citrus servers actions ${name}; end it, while it can be: citrus servers cancel ${name}`, () => ended(stage, asked, name)) : asked;
  if (action.status === 'failed' || action.status === 'cancelled') {
    throw new CliFailure(sayOf(action, name), { exit: EXIT.failed, code: `action.${action.status}`, advice: `What was done before: citrus servers actions ${name}` });
  }
  await stage.terminal.out(options.json ? JSON.stringify(action) : sayOf(action, name));
};

type Order = { readonly path: string; readonly body?: Record<string, unknown>; readonly method?: 'POST' | 'DELETE' };
const order = async (stage: Stage, { server, options, ...call }: Order & { server: Server; options: ActOptions }): Promise<void> => {
  const { path, body, method = 'POST' } = call;
  const asked = await stage.api.json({ method, path: `/api/servers/${server.id}${path}`, ...(body && { body }), headers: { 'idempotency-key': randomUUID() } }, ActionRecord);
  await tell(stage, { asked, name: server.name, options });
};

export const act = async (wanted: string, action: PlainAction, options: ActOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  await order(stage, { server: await serverCalled(stage, wanted), path: '/actions', body: action, options });
};

export const resize = async (wanted: string, { size, withDisk: isWithDisk, ...options }: ResizeOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const server = await serverCalled(stage, wanted);
  const withDisk = isWithDisk === true;
  if (withDisk) await confirmed(stage.terminal, `The disk of ${server.name} grows for good: the server never fits a smaller size again. Go on?`, options.yes);
  await order(stage, { server, path: '/actions', body: { type: 'resize', size, withDisk }, options });
};

/** As labels are written: a dash behind it takes it off. A tag that ends in a dash itself is put on as +tag-. */
export const tag = (wanted: string, words: readonly string[], options: ActOptions, parts: Parts = {}): Promise<void> => {
  const goes = (word: string): boolean => word.endsWith('-') && !word.startsWith('+');
  return act(wanted, { type: 'tag', add: words.filter((word) => !goes(word)).map((word) => word.replace(/^\+/, '')), remove: words.filter(goes).map((word) => word.slice(0, -1)) }, options, parts);
};

const switchOf = (state: string): boolean => {
  if (state !== 'on' && state !== 'off') throw usageFailure(`${state} is neither on nor off`, 'Say on or off.');
  return state === 'on';
};

export const backups = async (wanted: string, state: string, options: ActOptions, parts: Parts = {}): Promise<void> =>
  act(wanted, { type: switchOf(state) ? 'enable-backups' : 'disable-backups' }, options, parts);

export const rebuild = async (wanted: string, { image, ...options }: RebuildOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const server = await serverCalled(stage, wanted);
  await confirmed(stage.terminal, `The disk of ${server.name} is written anew from ${image}: everything on it is lost. Go on?`, options.yes);
  await order(stage, { server, path: '/rebuild', body: { image }, options });
};

const snapshotsOfServer = ({ api }: Stage, server: Server): Promise<Snapshot[]> => allOf(api, `/api/servers/${server.id}/snapshots`, Snapshot);

/** By its id, or by a name that only one has. */
const snapshotCalled = async (stage: Stage, server: Server, wanted: string): Promise<Snapshot> => {
  const [one, another] = (await snapshotsOfServer(stage, server)).filter(({ ref, name }) => ref === wanted || name === wanted);
  if (!one) throw new CliFailure(`${server.name} has no snapshot ${wanted}`, { exit: EXIT.failed, code: 'snapshot.unknown', advice: `See what there is: citrus servers snapshots ${server.name}` });
  if (another) throw usageFailure(`more than one snapshot is called ${wanted}`, 'Say which one by its id.');
  return one;
};

export const removeSnapshot = async (wanted: string, snapshot: string, options: SureOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const server = await serverCalled(stage, wanted);
  const { ref, name } = await snapshotCalled(stage, server, snapshot);
  await confirmed(stage.terminal, `The snapshot ${name} of ${server.name} is removed. Go on?`, options.yes);
  await order(stage, { server, method: 'DELETE', path: `/snapshots/${encodeURIComponent(ref)}`, options });
};

export const restore = async (wanted: string, snapshot: string, options: SureOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const server = await serverCalled(stage, wanted);
  const { ref, name, createdAt } = await snapshotCalled(stage, server, snapshot);
  await confirmed(stage.terminal, `The disk of ${server.name} is written anew from ${name} of ${minuteOf(createdAt)}: what came after it is lost. Go on?`, options.yes);
  await order(stage, { server, path: '/restore', body: { snapshotRef: ref }, options });
};

export const listSnapshots = async (wanted: string, { json }: ListOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const items = await snapshotsOfServer(stage, await serverCalled(stage, wanted));
  const rows = items.map(({ ref, name, kind, createdAt, sizeGigabytes }) => [ref, name, kind, minuteOf(createdAt), sizeGigabytes === null ? '-' : `${sizeGigabytes} GB`]);
  await stage.terminal.out(json ? JSON.stringify({ items }) : tableOf(['ID', 'NAME', 'KIND', 'TAKEN', 'SIZE'], rows, stage.terminal));
};

export const listActions = async (wanted: string, { json }: ListOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const server = await serverCalled(stage, wanted);
  const { items } = await stage.api.json({ path: `/api/servers/${server.id}/actions`, query: { limit: 50 } }, pageOf(ActionRecord));
  const rows = items.map(({ action, status, requestedAt, endedAt, note }) => [minuteOf(requestedAt), action.type, status, minuteOf(endedAt), note ?? '-']);
  await stage.terminal.out(json ? JSON.stringify({ items }) : tableOf(['ASKED', 'ACTION', 'STATUS', 'ENDED', 'NOTE'], rows, stage.terminal));
};

export const cancel = async (wanted: string, { json }: ListOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const server = await serverCalled(stage, wanted);
  if (!server.action) throw new CliFailure(`nothing is being done with ${server.name}`, { exit: EXIT.failed, code: 'action.none', advice: `What was done: citrus servers actions ${server.name}` });
  const action = await stage.api.json({ method: 'DELETE', path: `/api/servers/${server.id}/actions/${server.action.id}` }, ActionRecord);
  await stage.terminal.out(json ? JSON.stringify(action) : sayOf(action, server.name));
};

const stateOf = ({ status, power, action, maintenance }: Server): string =>
  [status, power === 'off' && 'off', action && `${action.type} since ${action.since.slice(11, 16)} UTC`, maintenance && 'in maintenance'].filter(Boolean).join(', ');

const waitingOf = ({ position, of, waitsFor }: NonNullable<Server['queue']>): string => `waits, ${position} of ${of}${waitsFor === null ? '' : `: ${waitsFor}`}`;

/** What a filter means; where it asks for labels, the agents are asked for theirs. */
const filterOf = (text: string): ServerFilter => {
  try {
    return parseServerFilter(text);
  } catch (error) {
    if (error instanceof FilterFault) throw usageFailure(`--on ${text}: ${error.message}`, 'docs/reference/server-filter.md shows how it is written.');
    throw error;
  }
};

const labelsOf = async (api: Api): Promise<ReadonlyMap<string, readonly string[]>> => new Map((await allOf(api, '/api/agents', Agent)).map(({ serverId, labels }) => [serverId, labelTextsOf(labels)]));

const meantBy = async ({ api }: Stage, on: string | undefined): Promise<SeenServer[]> => {
  const filter = on === undefined ? undefined : filterOf(on);
  const items = await allOf(api, '/api/servers', SeenServer);
  if (!filter) return items;
  const labels = asksForLabels(filter) ? await labelsOf(api) : undefined;
  return items.filter((server) => matchesFilter(filter, { ...server, ...(labels && { labels: labels.get(server.id) ?? [] }) }));
};

const agentOf = ({ online, status }: SeenServer): string => (online === undefined || status !== 'active' ? '-' : online ? 'online' : 'OFFLINE');

export const list = async ({ on, json }: ListOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const items = await meantBy(stage, on);
  if (json) return stage.terminal.out(JSON.stringify({ items }));
  if (items.length === 0) stage.terminal.note(on === undefined ? 'There are no servers yet. Make one: citrus servers create web-1; or let a machine join: citrus agent install --name web-1' : `No server is meant by ${on}. See all: citrus servers`);
  const rows = items.map((server) => [server.name, server.queue ? waitingOf(server.queue) : stateOf(server), agentOf(server), server.ipAddress ?? '-', server.region, server.size, server.isProtected ? 'protected' : '-', server.id]);
  await stage.terminal.out(tableOf(['NAME', 'STATE', 'AGENT', 'ADDRESS', 'REGION', 'SIZE', 'DELETION', 'ID'], rows, stage.terminal));
};

const change = async (stage: Stage, wanted: string, { path, body, json, say }: { path: string; body: Record<string, unknown>; json: true | undefined; say: string }): Promise<void> => {
  const server = await serverCalled(stage, wanted);
  const changed = await stage.api.json({ method: 'POST', path: `/api/servers/${server.id}${path}`, body }, Server);
  await stage.terminal.out(json ? JSON.stringify(changed) : `${server.name} ${say}`);
};

export const protect = (wanted: string, { off, json }: ProtectOptions, parts: Parts = {}): Promise<void> =>
  change(stageOf(parts), wanted, { path: '/protection', body: { isProtected: !off }, json, say: off ? 'can be deleted again' : 'is protected: it is neither deleted nor is its disk written anew' });

export const maintenance = async (wanted: string, state: string, { reason, json }: MaintenanceOptions, parts: Parts = {}): Promise<void> => {
  const isOn = switchOf(state);
  const say = isOn ? 'is in maintenance: jobs wait, alerts are silent' : 'is in maintenance no more: jobs that waited are brought to it';
  await change(stageOf(parts), wanted, { path: '/maintenance', body: { isOn, ...(reason !== undefined && { reason }) }, json, say });
};
