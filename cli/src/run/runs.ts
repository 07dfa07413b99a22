/** How runs stand, and steering them. */
import { FINISHED_RUN_STATUSES, Run, RunOutcome, RunServer, Server, type RunOutcome as Outcome } from '@citrus/contracts';
import { setTimeout as delay } from 'node:timers/promises';
import { openApi, type Api } from '../api/api.ts';
import { allOf } from '../api/pages.ts';
import { CliFailure, EXIT, usageFailure } from '../failure.ts';
import { installerNames } from '../installer/names.ts';
import { meanwhile } from '../output/meanwhile.ts';
import { startProgress } from '../output/progress.ts';
import { tableOf } from '../output/table.ts';
import { printable, processTerminal, type Terminal } from '../output/terminal.ts';
import type { AbortOptions, RunsOptions, ShowOptions } from './run.command.ts';

type Parts = { readonly api?: Api; readonly terminal?: Terminal };

const LOOK_EVERY_MS = 1000;
/** For people: what is good, what went wrong, what is open. */
const WORDS: Readonly<Record<Outcome, string>> = {
  succeeded: 'succeeded', failed: 'failed', unanswered: 'did not answer', refused: 'could not begin', cancelled: 'cancelled', running: 'running', waiting: 'waiting', 'not-started': 'not started',
};

export const scoreLine = ({ score }: Run): string => {
  const parts = Object.entries(WORDS).flatMap(([outcome, words]) => (score[outcome as Outcome] > 0 ? [`${score[outcome as Outcome]} ${words}`] : []));
  return parts.join(', ');
};

const minutesOf = (instant: string): string => `${instant.slice(0, 16).replace('T', ' ')} UTC`;

/** @throws CliFailure when none or several begin like this */
const runCalled = async (api: Api, wanted: string): Promise<Run> => {
  const found = (await allOf(api, '/api/runs', Run)).filter(({ id }) => id.startsWith(wanted.toLowerCase()));
  if (found.length > 1) throw usageFailure(`${found.length} runs begin with ${wanted}`, 'Say more of the id.');
  if (!found[0]) throw new CliFailure(`there is no run ${wanted}`, { exit: EXIT.failed, code: 'run.unknown', advice: 'See which there are: citrus runs' });
  return found[0];
};

export const listAll = async (options: RunsOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const items = await allOf(api, '/api/runs', Run);
  if (items.length === 0 && !options.json) terminal.note('There are no runs yet. Begin one: citrus runs start nginx --on \'tag:web\' --plan');
  if (options.json) return terminal.out(JSON.stringify({ items }));
  const nameOf = await installerNames(api);
  const rows = items.map((run) => [run.id, run.status, `${run.action} ${nameOf(run.installer)}`, run.filter, minutesOf(run.createdAt), scoreLine(run)]);
  await terminal.out(tableOf(['RUN', 'STATUS', 'WHAT', 'ON', 'BEGUN', 'SERVERS'], rows, terminal));
};

const outcomeOf = (text: string | undefined): Outcome | undefined => {
  const parsed = RunOutcome.optional().safeParse(text);
  if (!parsed.success) throw usageFailure(`there is no outcome ${text}`, `There are: ${RunOutcome.options.join(', ')}.`);
  return parsed.data;
};

const whyOf = ({ reason, waitsUntil }: RunServer): string => `${reason ?? ''}${waitsUntil === null ? '' : ` Until ${minutesOf(waitsUntil)} at the longest.`}`;

export const show = async (wanted: string, options: ShowOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const outcome = outcomeOf(options.outcome);
  const run = await runCalled(api, wanted);
  const [servers, known] = [await allOf(api, `/api/runs/${run.id}/servers`, RunServer), await allOf(api, '/api/servers', Server)];
  const wantedServers = servers.filter((server) => outcome === undefined || server.outcome === outcome);
  if (options.json) return terminal.out(JSON.stringify({ run, servers: wantedServers }));
  const [nameOf, appName] = [new Map(known.map(({ id, name }) => [id, name])), await installerNames(api)];
  terminal.note(`${run.action} ${appName(run.installer)} on ${run.filter}: ${run.status}${run.reason ? `. ${run.reason}` : ''}\n${scoreLine(run)}\n`);
  const rows = wantedServers.map((server) => [nameOf.get(server.serverId) ?? server.serverId, WORDS[server.outcome], server.jobId ?? '-', whyOf(server)]);
  await terminal.out(tableOf(['SERVER', 'OUTCOME', 'JOB', 'WHY'], rows, terminal));
};

const isOver = ({ status }: Run): boolean => status === 'paused' || FINISHED_RUN_STATUSES.includes(status);

/** Until it has ended or waits for somebody. @throws CliFailure unless every server succeeded */
export const follow = async (begun: Run, options: RunsOptions, { api, terminal }: Required<Parts>): Promise<void> => {
  const progress = startProgress(`${begun.action} ${begun.installer}`);
  let run = begun;
  const atWork = async (): Promise<void> => {
    while (!isOver(run)) {
      const { 'not-started': notStarted, waiting, running } = run.score;
      progress.at(run.servers - notStarted - waiting - running, run.servers, scoreLine(run));
      await delay(LOOK_EVERY_MS);
      run = await api.json({ path: `/api/runs/${run.id}` }, Run);
    }
  };
  await meanwhile(`The run goes on without this command. See: citrus runs follow ${begun.id}; end it: citrus runs abort ${begun.id}`, atWork).finally(progress.end);
  await terminal.out(options.json ? JSON.stringify(run) : `Run ${run.id} ${run.status}: ${scoreLine(run)}.`);
  if (run.status === 'succeeded') return;
  const advice = run.status === 'paused' ? `See who failed: citrus runs show ${run.id} --outcome failed; then: citrus runs resume ${run.id}, or: citrus runs abort ${run.id}` : `See who did not succeed: citrus runs show ${run.id}; try those again: citrus runs retry ${run.id}`;
  throw new CliFailure(run.reason ?? `the run ended ${run.status}`, { exit: EXIT.failed, code: `run.${run.status}`, advice });
};

export const followNamed = async (wanted: string, options: RunsOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> =>
  follow(await runCalled(api, wanted), options, { api, terminal });

const told = (run: Run, options: RunsOptions, terminal: Terminal): Promise<void> => terminal.out(options.json ? JSON.stringify(run) : `Run ${run.id} is ${run.status}: ${printable(scoreLine(run))}.`);

export const steer = async (verb: 'pause' | 'resume' | 'retry', wanted: string, options: RunsOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const { id } = await runCalled(api, wanted);
  await told(await api.json({ method: 'POST', path: `/api/runs/${id}/${verb}` }, Run), options, terminal);
};

export const abort = async (wanted: string, options: AbortOptions, { api = openApi(), terminal = processTerminal() }: Parts = {}): Promise<void> => {
  const { id } = await runCalled(api, wanted);
  await told(await api.json({ method: 'POST', path: `/api/runs/${id}/abort`, body: { cancelRunning: options.cancelRunning ?? false } }, Run), options, terminal);
};
