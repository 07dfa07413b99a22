/** Making servers, looking at one, and deleting it. */
import { CloudList, readServerSamples, Server, ServerWish } from '@citrus/contracts';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { serverCalled } from '../job/on-server.ts';
import { called } from '../output/choice.ts';
import { confirmed } from '../output/confirm.ts';
import { meanwhile } from '../output/meanwhile.ts';
import { startProgress } from '../output/progress.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import type { CreateOptions, DeleteOptions, MetricsOptions, ShowOptions, WaitOptions } from './lifecycle.command.ts';

type Parts = { readonly api?: Api; readonly terminal?: Terminal; readonly everyMs?: number };
type Stage = Required<Parts>;
const stageOf = ({ api = openApi(), terminal = processTerminal(), everyMs = 1000 }: Parts): Stage => ({ api, terminal, everyMs });

/** With what the hub knows of its agent. */
export const SeenServer = Server.extend({ online: z.boolean().optional(), lastSeenAt: z.string().nullish() });
export type SeenServer = z.infer<typeof SeenServer>;

/** What there is to wait for on the way to active; the number is how far it has come. */
const STEPS: readonly Server['status'][] = ['creating', 'provisioning', 'initializing', 'active'];

const isAtRest = ({ status }: Server): boolean => status === 'active' || status === 'failed' || status === 'deleted';

const isGone = (error: unknown): boolean => error instanceof CliFailure && error.code === 'server.not_found';

/** Until it rests. A server that is deleted is soon not there any more. */
const settled = async ({ api, everyMs }: Stage, asked: SeenServer): Promise<SeenServer> => {
  const progress = startProgress(printable(asked.name));
  try {
    for (let server = asked; ; ) {
      if (isAtRest(server)) return server;
      const step = STEPS.indexOf(server.status);
      progress.at(Math.max(0, step), step === -1 ? undefined : STEPS.length - 1, [server.status, server.note].filter(Boolean).map((text) => printable(text ?? '')).join(': '));
      await delay(everyMs);
      try {
        server = await api.json({ path: `/api/servers/${asked.id}` }, SeenServer);
      } catch (error) {
        if (server.status === 'deleting' && isGone(error)) return { ...server, status: 'deleted' };
        throw error;
      }
    }
  } finally {
    progress.end();
  }
};

/** @throws CliFailure where it has failed */
const tell = async ({ terminal }: Stage, server: SeenServer, { json }: ShowOptions): Promise<void> => {
  if (server.status === 'failed') {
    throw new CliFailure(`${server.name} has failed${server.note === null ? '' : `: ${server.note}`}`, { exit: EXIT.failed, code: 'server.failed', advice: `Try it again: citrus servers retry ${server.name}; or give it up: citrus servers delete ${server.name}` });
  }
  await terminal.out(json ? JSON.stringify(server) : `${printable(server.name)} is ${server.status}${server.ipAddress !== null && server.status === 'active' ? ` at ${printable(server.ipAddress)}` : ''}${isAtRest(server) ? '' : ` (${server.id})`}.`);
};

const followed = (stage: Stage, server: SeenServer, how: string): Promise<SeenServer> =>
  meanwhile(`${server.name} goes on without this command. See: citrus servers show ${server.name}; ${how}`, () => settled(stage, server));

const cloudIdOf = async ({ api }: Stage, wanted: string): Promise<string> =>
  called((await api.json({ path: '/api/clouds' }, CloudList)).items, wanted, { what: 'cloud', code: 'cloud.not_found', list: 'citrus clouds list' }).id;

/** Checked here first: a typo is told without a server being asked for. */
const wishOf = async (stage: Stage, name: string, options: CreateOptions): Promise<ServerWish> => {
  const { region, size, image, tag, sshKey, vpc, cloud, backups, ipv6, monitoring, priority } = options;
  const parsed = ServerWish.safeParse({
    name, region, size, image, ...(tag.length > 0 && { tags: tag }), sshKeys: sshKey.map((key) => (/^\d+$/.test(key) ? Number(key) : key)), vpcId: vpc,
    backups: backups ?? false, ipv6, monitoring, priority, ...(cloud !== undefined && { cloud: await cloudIdOf(stage, cloud) }),
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw usageFailure(`${String(issue?.path[0] ?? 'the server')} is not as it should be: ${issue?.message ?? ''}`, 'citrus servers create --help shows how it is written; citrus clouds catalog what there is.');
};

export const create = async (name: string, options: CreateOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const body = await wishOf(stage, name, options);
  const same = (await allOf(stage.api, '/api/servers', Server, { name })).find((server) => server.name === name);
  // The API makes two; here nobody could say which one is meant any more.
  if (same) throw new CliFailure(`there is a server ${name} already: ${same.status}, ${same.id}`, { exit: EXIT.failed, code: 'server.name_taken', advice: same.status === 'failed' ? `Try it again: citrus servers retry ${name}; or delete it first: citrus servers delete ${name}` : 'Choose another name.' });
  const asked = await stage.api.json({ method: 'POST', path: '/api/servers', body, headers: { 'idempotency-key': randomUUID() } }, SeenServer);
  await tell(stage, options.wait ? await followed(stage, asked, `take it back: citrus servers delete ${name}`) : asked, options);
};

export const watch = async (wanted: string, options: ShowOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  await tell(stage, await settled(stage, await serverCalled(stage.api, wanted)), options);
};

export const retry = async (wanted: string, options: WaitOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const { id, name } = await serverCalled(stage.api, wanted);
  const asked = await stage.api.json({ method: 'POST', path: `/api/servers/${id}/retry` }, SeenServer);
  await tell(stage, options.wait ? await followed(stage, asked, `give it up: citrus servers delete ${name}`) : asked, options);
};

export const remove = async (wanted: string, options: DeleteOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const { id, name, provider } = await serverCalled(stage.api, wanted);
  await confirmed(stage.terminal, provider === 'none' ? `${name} leaves Citrus; the machine itself stays as it is. Go on?` : `${name} is deleted with its machine and everything on it. Go on?`, options.yes);
  const asked = await stage.api.json({ method: 'DELETE', path: `/api/servers/${id}` }, SeenServer);
  await tell(stage, options.wait ? await followed(stage, asked, 'a deletion cannot be taken back.') : asked, options);
};

const minuteOf = (instant: string | null | undefined): string | null => (instant ? `${instant.slice(0, 16).replace('T', ' ')} UTC` : null);

const factsOf = (server: SeenServer): readonly (readonly [string, string | null | undefined])[] => [
  ['server', server.name], ['id', server.id], ['status', server.status], ['note', server.note], ['power', server.power],
  ['waits', server.queue && `${server.queue.position} of ${server.queue.of}${server.queue.waitsFor === null ? '' : `: ${server.queue.waitsFor}`}`],
  ['agent', server.online === undefined ? null : server.online ? 'online' : `not connected${server.lastSeenAt ? `; last heard of ${minuteOf(server.lastSeenAt) ?? ''}` : ''}`],
  ['address', server.ipAddress], ['cloud', server.provider === 'none' ? 'none: it joined' : server.provider], ['region', server.region], ['size', server.size], ['image', server.image], ['tags', server.tags.join(', ')],
  ['action', server.action && `${server.action.type} since ${minuteOf(server.action.since) ?? ''}${server.action.note === null ? '' : `: ${server.action.note}`}`],
  ['maintenance', server.maintenance && `since ${minuteOf(server.maintenance.since) ?? ''}${server.maintenance.reason === null ? '' : `: ${server.maintenance.reason}`}`],
  ['protected', server.isProtected ? 'yes: it is neither deleted nor is its disk written anew' : null], ['backups', server.backups ? 'on' : null], ['created', minuteOf(server.createdAt)],
];

export const show = async (wanted: string, { json }: ShowOptions, parts: Parts = {}): Promise<void> => {
  const { api, terminal } = stageOf(parts);
  const { id } = await serverCalled(api, wanted);
  const server = await api.json({ path: `/api/servers/${id}` }, SeenServer);
  if (json) return terminal.out(JSON.stringify(server));
  for (const [name, value] of factsOf(server)) if (value) await terminal.out(`${name.padEnd(13)}${printable(value)}`);
};

const megabytes = (bytes: number): string => (bytes / 1_048_576).toLocaleString('en-US', { maximumFractionDigits: 1 });

export const metrics = async (wanted: string, { from, until, limit, json }: MetricsOptions, parts: Parts = {}): Promise<void> => {
  const { api, terminal } = stageOf(parts);
  const { id } = await serverCalled(api, wanted);
  const reply = await api.json({ path: `/api/servers/${id}/metrics`, query: { from, to: until, limit } }, readServerSamples.reply);
  if (json) return terminal.out(JSON.stringify(reply));
  if (reply.samples.length === 0) terminal.note('There are no samples yet: an agent sends them while it is connected.');
  const rows = reply.samples.map((at) => [at.at.slice(0, 19).replace('T', ' '), at.cpuPercent.toFixed(1), at.load1.toFixed(2), `${megabytes(at.memoryUsedBytes)} of ${megabytes(at.memoryTotalBytes)}`, `${megabytes(at.diskUsedBytes)} of ${megabytes(at.diskTotalBytes)}`, megabytes(at.networkInBytes), megabytes(at.networkOutBytes)]);
  await terminal.out(tableOf(['TIME (UTC)', 'CPU %', 'LOAD', 'MEMORY MB', 'DISK MB', 'IN MB', 'OUT MB'], rows, terminal));
};
