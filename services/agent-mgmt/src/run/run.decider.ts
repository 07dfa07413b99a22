/**
 * The life of a run: servers begin in their order, wave by wave, until all have ended, too many have failed, or somebody
 * ends it. What became of the servers comes inside the command, as counts that may be late but never too high: a late
 * count lets fewer begin, never more.
 */
import { canonicalJson, FINISHED_RUN_STATUSES, type RunStatus } from '@citrus/contracts';
import { Refusal, type Decider } from '@citrus/kit-domain';
import { reusedKey } from '../job/job.decider.ts';
import { patienceWith, waitingFor, type Hold } from '../job/passing-refusal.ts';
import type { CreatedRun, HeldServer, RefusedServer, RunEvent } from './run.events.ts';
import { allowedFailuresOf, waveEndsOf } from './run.strategy.ts';

export type KnownRun = {
  readonly status: RunStatus;
  readonly run: CreatedRun;
  /** The first so many servers have begun. */
  readonly begun: number;
  readonly refused: readonly string[];
  /** Servers that have begun and wait for what passes by itself. */
  readonly held: Readonly<Record<string, Hold>>;
  /** Failures from before the last time somebody let it go on. */
  readonly forgiven: number;
  /** Of an aborted one. */
  readonly cancelRunning: boolean;
};
export type RunState = { readonly status: 'unknown' } | KnownRun;

/** Of the servers that have begun: how many have ended, and how many of those without success. */
export type Progress = { readonly ended: number; readonly failed: number };

export type RunCommand =
  | { type: 'CreateRun'; data: CreatedRun }
  | { type: 'AdvanceRun'; data: Progress & { at: string } }
  | { type: 'RefuseServers'; data: { servers: readonly RefusedServer[]; at: string } }
  | { type: 'PauseRun'; data: Progress & { at: string } }
  | { type: 'ResumeRun'; data: Progress & { at: string } }
  | { type: 'AbortRun'; data: { cancelRunning: boolean; at: string } };

export const isFinished = (state: KnownRun): boolean => FINISHED_RUN_STATUSES.includes(state.status);

/** What somebody asked for, as far as it can be compared: sealed texts differ, and so may what the filter came to. */
const requestOf = ({ projectId, installer, action, inputs, priority, filter, strategy, retryOf, sample }: CreatedRun): string => canonicalJson({ projectId, installer, action, inputs, priority, filter, strategy, retryOf: retryOf ?? null, sample: sample ?? null });

const create = (state: RunState, run: CreatedRun): RunEvent[] => {
  if (state.status === 'unknown') return [{ type: 'RunCreated', data: run }];
  if (requestOf(state.run) !== requestOf(run)) throw reusedKey();
  return [];
};

const finish = ({ run, status, begun }: KnownRun, failed: number, at: string): RunEvent => {
  const ending = status === 'aborting' ? 'aborted' : failed > 0 ? 'failed' : 'succeeded';
  return { type: 'RunFinished', data: { runId: run.runId, status: ending, started: begun, failed, at } };
};

/** How many servers may have begun now. */
const reachOf = ({ run, begun }: KnownRun, { ended }: Progress): number => {
  const end = waveEndsOf(run.strategy, run.serverIds.length).find((wave) => wave > begun || (wave === begun && ended < begun)) ?? begun;
  const { atOnce } = run.strategy;
  return atOnce === 0 ? end : Math.min(end, ended + atOnce);
};

const tooMany = (failed: number, allowed: number): string =>
  `${failed} ${failed === 1 ? 'server has' : 'servers have'} failed, and ${allowed} may. Look at them, then resume the run to go on, or abort it.`;

const advance = (state: KnownRun, { at, ...progress }: Progress & { at: string }): RunEvent[] => {
  const { run, begun, status } = state;
  const { runId } = run;
  if (isFinished(state) || progress.ended > begun) return [];
  const isOver = begun === run.serverIds.length || status === 'aborting';
  if (isOver) return progress.ended === begun ? [finish(state, progress.failed, at)] : [];
  if (status !== 'running') return [];
  const allowed = allowedFailuresOf(run.strategy, run.serverIds.length);
  const failed = progress.failed - state.forgiven;
  if (failed > allowed) return [{ type: 'RunPaused', data: { runId, reason: tooMany(failed, allowed), failed: progress.failed, at } }];
  const upTo = reachOf(state, progress);
  return upTo > begun ? [{ type: 'RunAdvanced', data: { runId, upTo, at } }] : [];
};

/** Only those that have begun, each once. What passes by itself is waited for, unless somebody has ended the run. */
const refuse = ({ run, begun, refused, held, status }: KnownRun, servers: readonly RefusedServer[], at: string): RunEvent[] => {
  const open = new Set<string>(run.serverIds.slice(0, begun));
  for (const serverId of refused) open.delete(serverId);
  const [waiting, over]: [HeldServer[], RefusedServer[]] = [[], []];
  for (const server of servers) {
    if (!open.delete(server.serverId)) continue;
    const patience = patienceWith(server, { before: held[server.serverId], at });
    if (patience.verdict === 'refused') over.push({ ...server, reason: patience.reason });
    else if (status === 'aborting') over.push({ ...server, code: 'run.aborted', reason: `The run was aborted while this server waited. ${waitingFor(server)}` });
    else if (patience.isNews) waiting.push({ ...server, reason: waitingFor(server), until: patience.hold.until });
  }
  const { runId } = run;
  return [
    ...(waiting.length > 0 ? [{ type: 'RunServersHeld', data: { runId, servers: waiting, at } } as const] : []),
    ...(over.length > 0 ? [{ type: 'RunServersRefused', data: { runId, servers: over, at } } as const] : []),
  ];
};

/** Since when it waits is when it was first told. */
const holding = ({ held }: KnownRun, servers: readonly HeldServer[], at: string): KnownRun['held'] =>
  ({ ...held, ...Object.fromEntries(servers.map(({ serverId, code, until }) => [serverId, { code, since: held[serverId]?.since ?? at, until }])) });

const pause = ({ status, run }: KnownRun, { failed, at }: Progress & { at: string }): RunEvent[] => {
  if (status === 'paused') return [];
  if (status !== 'running') throw new Refusal('run.not_running', `This run is ${status}; only one that runs can be paused.`);
  return [{ type: 'RunPaused', data: { runId: run.runId, reason: 'Somebody has paused it.', failed, at } }];
};

const resume = ({ status, run }: KnownRun, { failed, at }: Progress & { at: string }): RunEvent[] => {
  if (status === 'running') return [];
  if (status !== 'paused') throw new Refusal('run.not_paused', `This run is ${status}; only one that is paused can go on.`);
  return [{ type: 'RunResumed', data: { runId: run.runId, failed, at } }];
};

const abort = (state: KnownRun, { cancelRunning, at }: { cancelRunning: boolean; at: string }): RunEvent[] => {
  if (state.status === 'aborted' || (state.status === 'aborting' && (state.cancelRunning || !cancelRunning))) return [];
  if (isFinished(state)) throw new Refusal('run.finished', `This run has already ended (${state.status}); there is nothing to abort.`);
  return [{ type: 'RunAbortRequested', data: { runId: state.run.runId, cancelRunning, at } }];
};

const decide = (command: RunCommand, state: RunState): RunEvent[] => {
  if (command.type === 'CreateRun') return create(state, command.data);
  if (state.status === 'unknown') return [];
  switch (command.type) {
    case 'AdvanceRun': return advance(state, command.data);
    case 'RefuseServers': return refuse(state, command.data.servers, command.data.at);
    case 'PauseRun': return pause(state, command.data);
    case 'ResumeRun': return resume(state, command.data);
    case 'AbortRun': return abort(state, command.data);
  }
};

const evolve = (state: RunState, { type, data }: RunEvent): RunState => {
  if (type === 'RunCreated') return { status: 'running', run: data, begun: 0, refused: [], held: {}, forgiven: 0, cancelRunning: false };
  if (state.status === 'unknown') return state;
  switch (type) {
    case 'RunAdvanced': return { ...state, begun: data.upTo };
    case 'RunServersHeld': return { ...state, held: holding(state, data.servers, data.at) };
    case 'RunServersRefused': return { ...state, refused: [...state.refused, ...data.servers.map(({ serverId }) => serverId)] };
    case 'RunPaused': return { ...state, status: 'paused' };
    case 'RunResumed': return { ...state, status: 'running', forgiven: data.failed };
    case 'RunAbortRequested': return { ...state, status: 'aborting', cancelRunning: data.cancelRunning };
    case 'RunFinished': return { ...state, status: data.status };
  }
};

export const runDecider: Decider<RunState, RunCommand, RunEvent> = { decide, evolve, initialState: { status: 'unknown' } };
