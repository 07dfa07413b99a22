/** How apps stand. */
import { App, AppHealth, AppState, Server } from '@citrus/contracts';
import type { z } from 'zod';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { usageFailure } from '../failure.ts';
import { serverCalled as named } from '../job/on-server.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import type { ListOptions, ShowOptions } from './app.command.ts';

export type Parts = { readonly api?: Api; readonly terminal?: Terminal; readonly everyMs?: number };
export type Stage = Required<Parts>;
/** A server by its name or id, and an app by its installer. */
export type Named = readonly [server: string, app: string];

export const stageOf = ({ api = openApi(), terminal = processTerminal(), everyMs = 1000 }: Parts): Stage => ({ api, terminal, everyMs });
export const minuteOf = (instant: string | null): string => (instant === null ? '-' : `${instant.slice(0, 16).replace('T', ' ')} UTC`);
const serversOf = ({ api }: Stage): Promise<Server[]> => allOf(api, '/api/servers', Server);

export const serverCalled = ({ api }: Stage, wanted: string): Promise<Server> => named(api, wanted);

export const pathOf = (server: Server, app: string, rest = ''): string => `/api/servers/${server.id}/apps/${encodeURIComponent(app)}${rest}`;

const choiceOf = <Choice extends string>(schema: z.ZodType<Choice> & { readonly options: readonly Choice[] }, name: string, text: string | undefined): Choice | undefined => {
  if (text === undefined || (schema.options as readonly string[]).includes(text)) return text as Choice | undefined;
  throw usageFailure(`there is no ${name} ${text}`, `There are: ${schema.options.join(', ')}.`);
};

const healthOf = ({ health, healthSince }: App): string => (health === 'unknown' || healthSince === null ? health : `${health} since ${minuteOf(healthSince)}`);

export const listAll = async (options: ListOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const asked = { installer: options.installer, version: options.version, health: choiceOf(AppHealth, 'health', options.health), state: choiceOf(AppState, 'state', options.state) };
  const query = new URLSearchParams(Object.entries(asked).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const path = options.server === undefined ? '/api/apps' : `/api/servers/${(await serverCalled(stage, options.server)).id}/apps`;
  const items = await allOf(stage.api, query.size > 0 ? `${path}?${query.toString()}` : path, App);
  if (options.json) return stage.terminal.out(JSON.stringify({ items }));
  if (items.length === 0) stage.terminal.note('There are no such apps. Install one: citrus jobs install nginx --on web-1; see what there is: citrus installers');
  const nameOf = new Map((await serversOf(stage)).map(({ id, name }) => [id, name]));
  const rows = items.map((app) => [nameOf.get(app.serverId) ?? app.serverId, app.installer, app.version ?? '-', app.state, healthOf(app), minuteOf(app.backups[0]?.at ?? null)]);
  await stage.terminal.out(tableOf(['SERVER', 'APP', 'VERSION', 'STATE', 'HEALTH', 'LAST BACKUP'], rows, stage.terminal));
};

/** Where the last attempt was another than what is there. */
const triedLast = ({ inputs, proposal }: App): string[] => {
  const others = Object.entries(proposal).filter(([name, value]) => inputs[name] !== value);
  return others.length === 0 ? [] : ['Tried last, and not in use:', ...others.map(([name, value]) => `  ${name} = ${String(value)}`)];
};

export const show = async ([wanted, app]: Named, options: ShowOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const server = await serverCalled(stage, wanted);
  const found = await stage.api.json({ path: pathOf(server, app) }, App);
  if (options.json) return stage.terminal.out(JSON.stringify(found));
  const { change, lastJob } = found;
  const lines = [
    `${found.installer} ${found.version ?? ''} on ${server.name}: ${found.state}${found.reason === null ? '' : `. ${found.reason}`}`,
    `Health: ${healthOf(found)}${found.healthReason === null ? '' : `: ${found.healthReason}`}; last asked ${minuteOf(found.checkedAt)}`,
    ...(lastJob === null ? [] : [`Last job: ${lastJob.action} ${lastJob.status} (${lastJob.id})`]),
    ...(change === null ? [] : [`Last change: ${change.action} ${change.status}${change.status === 'running' ? `, at ${change.step}` : ''}${change.reason === null ? '' : `: ${change.reason}`}${change.advice === null ? '' : ` ${change.advice}`}`]),
    ...Object.entries(found.inputs).map(([name, value]) => `  ${name} = ${String(value)}`),
    ...triedLast(found),
  ];
  stage.terminal.note(`${lines.map(printable).join('\n')}\n`);
  await stage.terminal.out(tableOf(['BACKUP', 'MADE', 'VERSION', 'BYTES'], found.backups.map(({ id, at, version, bytes }) => [id, minuteOf(at), version ?? '-', String(bytes)]), stage.terminal));
};
