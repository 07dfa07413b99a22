import { Project, Quota, type QuotaLimits } from '@citrus/contracts';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { usageFailure } from '../failure.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import { projectCalled } from '../people/projects.ts';
import type { QuotasOptions, SetQuotaOptions } from './quotas.command.ts';

type Parts = { readonly api?: Api; readonly terminal?: Terminal };
const stageOf = ({ api = openApi(), terminal = processTerminal() }: Parts) => ({ api, terminal });

const of = (used: number, limit: number | null): string => (limit === null ? `${used}, no limit` : `${used} of ${limit}`);
const rowOf = (name: string, { servers, creationsPerHour, used }: Quota): string[] => [name, of(used.servers, servers), of(used.creationsPerHour, creationsPerHour)];
const HEAD = ['PROJECT', 'SERVERS', 'ASKED FOR IN THE LAST HOUR'];

/** Undefined: left out. */
export const limitOf = (option: string, text: string | undefined): number | null | undefined => {
  if (text === undefined) return undefined;
  if (text === 'none') return null;
  if (/^\d{1,7}$/.test(text) && Number(text) <= 1_000_000) return Number(text);
  throw usageFailure(`${option} ${text} is no limit`, 'Write a number from 0 to 1000000, or none.');
};

export const showQuota = async ({ json }: QuotasOptions, parts: Parts = {}): Promise<void> => {
  const { api, terminal } = stageOf(parts);
  const quota = await api.json({ path: '/api/quota' }, Quota);
  await terminal.out(json ? JSON.stringify(quota) : tableOf(HEAD.slice(1), [rowOf('', quota).slice(1)], terminal));
};

export const listQuotas = async ({ json }: QuotasOptions, parts: Parts = {}): Promise<void> => {
  const { api, terminal } = stageOf(parts);
  const items = await allOf(api, '/api/quotas', Quota);
  if (json) return terminal.out(JSON.stringify({ items }));
  const names = new Map((await allOf(api, '/api/projects', Project)).map(({ id, name }) => [id, name]));
  await terminal.out(tableOf(HEAD, items.map((quota) => rowOf(names.get(quota.projectId) ?? quota.projectId, quota)), terminal));
};

export const setQuota = async (wanted: string, { servers, creationsPerHour, json }: SetQuotaOptions, parts: Parts = {}): Promise<void> => {
  const { api, terminal } = stageOf(parts);
  const asked = { servers: limitOf('--servers', servers), creationsPerHour: limitOf('--creations-per-hour', creationsPerHour) };
  if (asked.servers === undefined && asked.creationsPerHour === undefined) throw usageFailure('nothing is to be set', 'Say --servers or --creations-per-hour, a number or none.');
  const project = await projectCalled(api, wanted);
  const items = await allOf(api, '/api/quotas', Quota);
  const before = items.find(({ projectId }) => projectId === project.id);
  const body: QuotaLimits = {
    servers: asked.servers === undefined ? (before?.servers ?? null) : asked.servers,
    creationsPerHour: asked.creationsPerHour === undefined ? (before?.creationsPerHour ?? null) : asked.creationsPerHour,
  };
  const quota = await api.json({ method: 'POST', path: `/api/projects/${project.id}/quota`, body }, Quota);
  await terminal.out(json ? JSON.stringify(quota) : `${printable(project.name)}: servers ${of(quota.used.servers, quota.servers)}; asked for in the last hour ${of(quota.used.creationsPerHour, quota.creationsPerHour)}.`);
};
