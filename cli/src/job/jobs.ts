/** How jobs stand, their logs, and steering them. */
import { Job } from '@citrus/contracts';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { meanwhile } from '../output/meanwhile.ts';
import { installerNames } from '../installer/names.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import { serverCalled, serversByName } from './on-server.ts';
import { isOver, printLog, tellEnd, type Stage } from './follow-log.ts';
import { printFound, printText } from './log-search.ts';
import { printDetails, printScript } from './details.ts';
import type { FollowOptions, ListOptions, LogOptions, ShowOptions } from './job.command.ts';

export type Parts = { readonly api?: Api; readonly terminal?: Terminal; readonly everyMs?: number };
export const stageOf = ({ api = openApi(), terminal = processTerminal(), everyMs = 1000 }: Parts): Stage => ({ api, terminal, everyMs });

const WHOLE_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const minutesOf = (instant: string): string => `${instant.slice(0, 16).replace('T', ' ')} UTC`;

/** @throws CliFailure when none or several begin like this */
export const jobCalled = async ({ api }: Stage, wanted: string): Promise<Job> => {
  const id = wanted.toLowerCase();
  if (WHOLE_ID.test(id)) return await api.json({ path: `/api/jobs/${id}` }, Job);
  const found = (await allOf(api, '/api/jobs', Job)).filter((job) => job.id.startsWith(id));
  if (found.length > 1) throw usageFailure(`${found.length} jobs begin with ${wanted}`, 'Say more of the id.');
  if (!found[0]) throw new CliFailure(`there is no job ${wanted}`, { exit: EXIT.failed, code: 'job.unknown', advice: 'See which there are: citrus jobs' });
  return found[0];
};

export const listAll = async (options: ListOptions, parts: Parts = {}): Promise<void> => {
  const { api, terminal } = stageOf(parts);
  const servers = await serversByName(api);
  const serverId = options.on === undefined ? undefined : (await serverCalled(api, options.on)).id;
  const { status, installer, search, oldestFirst } = options;
  const items = await allOf(api, '/api/jobs', Job, { status, serverId, installer, search, sort: oldestFirst ? 'createdAt' : undefined });
  if (items.length === 0 && !options.json) terminal.note('There are no such jobs. Begin one: citrus jobs install nginx --on web-1');
  if (options.json) return terminal.out(JSON.stringify({ items }));
  const nameOf = await installerNames(api);
  const rows = items.map((job) => [job.id, job.queue ? `${job.status} ${job.queue.position}/${job.queue.of}` : job.status, `${job.action} ${nameOf(job.installer)}`, servers.get(job.serverId) ?? job.serverId, job.priority, minutesOf(job.createdAt), job.reason ?? '']);
  await terminal.out(tableOf(['JOB', 'STATUS', 'WHAT', 'ON', 'PRIORITY', 'ASKED', 'WHY'], rows, terminal));
};

export const show = async (wanted: string, options: ShowOptions, parts: Parts = {}): Promise<void> => {
  if (options.script && options.details) throw usageFailure('--script and --details exclude each other', 'The details name the script; --script prints it.');
  const stage = stageOf(parts);
  const job = await jobCalled(stage, wanted);
  if (options.script) return await printScript(stage, job, options);
  if (options.details && options.json) return await printDetails(stage, job, options);
  if (options.json) return stage.terminal.out(JSON.stringify(job));
  const [servers, nameOf] = [await serversByName(stage.api), await installerNames(stage.api)];
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    ['job', job.id], ['what', `${job.action} ${nameOf(job.installer)} ${job.installerVersion}`], ['installer', job.installer], ['on', servers.get(job.serverId) ?? job.serverId], ['status', job.status], ['reason', job.reason],
    ['place', job.queue && `${job.queue.position} of ${job.queue.of} on its server`], ['priority', job.priority], ['waits for', job.after.join(', ')], ['waits until', job.expiresAt && minutesOf(job.expiresAt)],
    ['attempt', job.attempt > 0 ? String(job.attempt) : null], ['exit code', job.exitCode === null ? null : String(job.exitCode)], ['run', job.runId],
    ['asked', minutesOf(job.createdAt)], ['begun', job.startedAt && minutesOf(job.startedAt)], ['ended', job.finishedAt && minutesOf(job.finishedAt)],
    ...Object.entries(job.outputs),
  ];
  for (const [name, value] of facts) if (value) await stage.terminal.out(`${name.padEnd(12)}${printable(value)}`);
  if (options.details) await printDetails(stage, job, options);
};

/** What cannot be meant together is said before anything is asked. @throws CliFailure */
const checkLog = ({ follow, text, search, regex, matchCase, limit, json }: LogOptions): void => {
  if (search === undefined && (regex || matchCase || limit !== undefined)) throw usageFailure('--regex, --match-case and --limit are for --search', 'Say what to look for: --search "no space left"');
  if ([follow, text, search !== undefined].filter(Boolean).length > 1) throw usageFailure('--follow, --text and --search exclude each other', 'Use one of them.');
  if (limit === 0) throw usageFailure('--limit is at least 1', 'Leave it out for all lines that are found.');
  if (text && json) throw usageFailure('--text and --json exclude each other', 'Leave one of them out.');
};

export const log = async (wanted: string, options: LogOptions, parts: Parts = {}): Promise<void> => {
  checkLog(options);
  const stage = stageOf(parts);
  if (options.search !== undefined) return await printFound(stage, await jobCalled(stage, wanted), { ...options, search: options.search });
  if (options.text) return await printText(stage, await jobCalled(stage, wanted));
  const job = await printLog(stage, await jobCalled(stage, wanted), { follow: options.follow ?? false, json: options.json ?? false });
  if (options.follow) await tellEnd(stage, job, options.json ?? false);
};

/** Waits for the truth: a job that is being cancelled may also have ended by itself. */
export const cancel = async (wanted: string, options: FollowOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const { id } = await jobCalled(stage, wanted);
  let job = await stage.api.json({ method: 'POST', path: `/api/jobs/${id}/cancel` }, Job);
  while (options.follow !== false && !isOver(job)) {
    await delay(stage.everyMs);
    job = await stage.api.json({ path: `/api/jobs/${id}` }, Job);
  }
  await stage.terminal.out(options.json ? JSON.stringify(job) : `Job ${job.id} is ${job.status}${job.reason ? `: ${printable(job.reason)}` : ''}`);
  if (isOver(job) && job.status !== 'cancelled') throw new CliFailure(`the job was not cancelled: it ended ${job.status} first`, { exit: EXIT.failed, code: `job.${job.status}`, advice: `See how: citrus jobs show ${job.id}` });
};

export const retry = async (wanted: string, options: FollowOptions, parts: Parts = {}): Promise<void> => {
  const stage = stageOf(parts);
  const { id } = await jobCalled(stage, wanted);
  await followNew(stage, await stage.api.json({ method: 'POST', path: `/api/jobs/${id}/retry`, headers: { 'idempotency-key': randomUUID() } }, Job), options);
};

/** What was just asked for: its id, and unless told otherwise its output and its end. */
export const followNew = async (stage: Stage, job: Job, options: FollowOptions): Promise<void> => {
  stage.terminal.note(`Job ${job.id}`);
  if (options.follow === false) return stage.terminal.out(options.json ? JSON.stringify(job) : job.id);
  const goesOn = `The job goes on without this command. See: citrus jobs log ${job.id} --follow; end it: citrus jobs cancel ${job.id}`;
  await tellEnd(stage, await meanwhile(goesOn, () => printLog(stage, job, { follow: true, json: options.json ?? false })), options.json ?? false);
};
