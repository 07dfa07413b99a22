/**
 * The queue of this agent: one job at a time, in the order in which they came; a cancel never waits. Every step is in
 * the journal before it has an effect, so that an attempt runs at most once whatever dies when.
 */
import type { AgentId, CommandReply, JobId, RunJob } from '@citrus/contracts';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from './attempt.ts';
import type { Cgroups } from './cgroup.ts';
import type { AgentConfig } from './config.ts';
import type { Execute } from './execute.ts';
import { openJobLog, pruneLogs, summarizeLog, type AttemptName, type JobLog, type LogFolders, type NumberedPiece } from './job-log.ts';
import { keyOf, type Ending, type Journal } from './journal.ts';
import type { Keys } from './keys.ts';
import type { Log } from './log.ts';
import { createGroup, endGroup } from './process-group.ts';
import { runFolder } from './run-folder.ts';
import type { Reports } from './reports.ts';

export type Jobs = {
  readonly accept: (command: RunJob) => CommandReply;
  readonly cancel: (name: JobAttempt) => CommandReply;
  readonly running: () => JobAttempt | null;
  /** Takes and begins no job until it is released; `idle` once the one that runs has ended. */
  readonly hold: () => { readonly idle: Promise<void>; readonly release: () => void };
  /** Ends the running job, if there is one, and takes no more. */
  readonly stop: () => Promise<void>;
};

export type JobsInput = {
  readonly config: AgentConfig;
  readonly agentId: AgentId;
  readonly keys: Keys;
  readonly journal: Journal;
  readonly reports: Reports;
  readonly logFolders: LogFolders;
  readonly publishChunk: (name: AttemptName, chunk: NumberedPiece) => void;
  readonly log: Log;
  readonly execute: Execute;
  readonly cgroups: () => Cgroups;
};

type JobAttempt = { readonly jobId: JobId; readonly attempt: number };
type Running = { readonly command: RunJob; readonly abort: AbortController; readonly done: Promise<void> };

const now = () => new Date().toISOString();

/** An attempt that was running when the agent died: end what is left of it and report it lost. Never run it again. */
export const recoverJobs = async ({ config, agentId, journal, logFolders, log, cgroups }: JobsInput): Promise<void> => {
  for (const attempt of journal.all().filter(({ state }) => state === 'started')) {
    log.warn('job.lost', { job_id: attempt.jobId, attempt: attempt.attempt });
    const cgroup = cgroups().find(keyOf(attempt));
    await endGroup(createGroup({ home: join(runFolder(config, attempt), 'home'), cgroup }), 0);
    cgroup.release();
    const { jobId, attempt: number } = attempt;
    const ending: Ending = { agentId, jobId, attempt: number, outcome: 'lost', exitCode: null, reason: 'the agent ended while the job ran', ...summarizeLog(logFolders, attempt), at: now() };
    journal.append({ type: 'ended', jobId, attempt: number, ending });
  }
  rmSync(join(config.stateDir, 'runs'), { recursive: true, force: true });
  pruneLogs(logFolders);
};

export const createJobs = (input: JobsInput): Jobs => {
  const { config, agentId, keys, journal, reports, logFolders, log, execute, cgroups } = input;
  const waiting: RunJob[] = [];
  let running: Running | undefined;
  let isStopping = false;
  let isHeld = false;

  const end = (name: JobAttempt, result: Result, jobLog?: JobLog): void => {
    const { jobId, attempt } = name;
    const summary = jobLog ? jobLog.close() : summarizeLog(logFolders, name);
    journal.append({ type: 'ended', jobId, attempt, ending: { agentId, jobId, attempt, ...result, ...summary, at: now() } });
    log.info('job.ended', { job_id: jobId, attempt, outcome: result.outcome, exitCode: result.exitCode, ...(result.reason !== undefined && { reason: result.reason }) });
    reports.finished(name);
  };

  const run = async (command: RunJob, signal: AbortSignal): Promise<void> => {
    const { jobId, attempt } = command;
    journal.append({ type: 'started', jobId, attempt, at: now() });
    log.info('job.started', { job_id: jobId, attempt, app_id: command.installer, action: command.action });
    reports.started({ agentId, jobId, attempt, at: now() });
    const jobLog = openJobLog(logFolders, command, (chunk) => input.publishChunk(command, chunk));
    // Most of the time there is no job, and what runs one (YAML, patterns, schemas) is a part of the agent's memory.
    const { runAttempt } = await import('./attempt.ts');
    const result = await runAttempt({ command, config, keys, log: jobLog, execute, cgroups, signal });
    if (result.reason !== undefined) jobLog.say(result.reason);
    end(command, result, jobLog);
    pruneLogs(logFolders);
  };

  const runNext = (): void => {
    const command = running || isStopping || isHeld ? undefined : waiting.shift();
    if (!command) return;
    const abort = new AbortController();
    const done = run(command, abort.signal).finally(() => {
      running = undefined;
      runNext();
    });
    running = { command, abort, done };
  };

  /** A signed command that does not fit what is known already: somebody sends an old one again, or two for one attempt. */
  const misfit = ({ jobId, attempt, commandId, installerDigest }: RunJob): CommandReply | undefined => {
    const refuse = (code: string, reason: string) => ({ outcome: 'refused' as const, code, reason });
    const others = journal.attemptsOf(jobId);
    const latest = Math.max(0, ...others.map((other) => other.attempt));
    if (attempt < latest) return refuse('attempt.outdated', `attempt ${attempt} of this job is over: attempt ${latest} is known`);
    if (others.some(({ taken }) => taken && taken.installerDigest !== installerDigest)) return refuse('installer.changed', 'this job was begun with another installer; a job keeps the one that it was queued with');
    const isUsed = journal.all().some(({ taken, ...other }) => {
      const isSameAttempt = other.jobId === jobId && other.attempt === attempt;
      return taken !== undefined && isSameAttempt !== (taken.commandId === commandId);
    });
    return isUsed ? refuse('command.replayed', 'a command of this id, or another command for this attempt, was taken before') : undefined;
  };

  const accept: Jobs['accept'] = (command) => {
    const { jobId, attempt, commandId, installerDigest, expiresAt } = command;
    if (isStopping || isHeld) return { outcome: 'refused', code: 'agent.stopping', reason: 'the agent is stopping; send the command again' };
    const refused = misfit(command);
    if (refused) return refused;
    const known = journal.find(jobId, attempt);
    // Asked for again although it has ended: its report did not arrive where it should have, so tell it again.
    if (known?.state === 'ended') reports.finished(known);
    if (known) return { outcome: 'accepted' };
    journal.append({ type: 'accepted', jobId, attempt, commandId, installerDigest, expiresAt, at: now() });
    waiting.push(command);
    runNext();
    return { outcome: 'accepted' };
  };

  const cancel: Jobs['cancel'] = ({ jobId, attempt }) => {
    const name = { jobId, attempt };
    const isRunning = running !== undefined && keyOf(running.command) === keyOf(name);
    const known = journal.find(jobId, attempt);
    if (isRunning) running?.abort.abort('cancelled');
    else if (known?.state === 'ended') reports.finished(name);
    else {
      // Waiting, or never seen: from now on it will not run, also if its command arrives later.
      const place = waiting.findIndex((command) => keyOf(command) === keyOf(name));
      if (place !== -1) waiting.splice(place, 1);
      end(name, { outcome: 'cancelled', exitCode: null });
    }
    return { outcome: 'accepted' };
  };

  return {
    accept,
    cancel,
    running: () => (running ? { jobId: running.command.jobId, attempt: running.command.attempt } : null),
    hold: () => {
      isHeld = true;
      const release = () => {
        isHeld = false;
        runNext();
      };
      return { idle: running?.done ?? Promise.resolve(), release };
    },
    stop: async () => {
      isStopping = true;
      running?.abort.abort('stopping');
      await running?.done;
    },
  };
};
