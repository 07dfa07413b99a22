/**
 * The agent, put together: one connection outward, one job at a time, everything it must not forget on disk. It takes
 * orders from signed commands only and has no door of its own.
 */
import { subjects, type AgentWelcome, type Pace } from '@citrus/contracts';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { keepReserve } from './append.ts';
import { waited } from './backoff.ts';
import { noCgroups, openCgroups, type Cgroups } from './cgroup.ts';
import { createCommands } from './commands.ts';
import type { AgentConfig } from './config.ts';
import { openConnection, type Connection } from './connection.ts';
import { execute, type Execute } from './execute.ts';
import { AGENT_VERSION, collectFacts } from './facts.ts';
import { startHeartbeat, type Heart } from './heartbeat.ts';
import { openIdentity } from './identity.ts';
import { createJobs, recoverJobs, type Jobs } from './jobs.ts';
import { openJournal } from './journal.ts';
import { loadKeys } from './keys.ts';
import type { Log } from './log.ts';
import { createMeasuring, type Measurements } from './measurements.ts';
import { createReports } from './reports.ts';
import { takeStateFolder } from './single.ts';
import { createSync } from './sync.ts';
import { openUpgrades } from './upgrade/upgrades.ts';

/** What an agent does to its machine and reads from it. A swarm has thousands of agents on one machine and plays this part. */
export type Machine = { readonly execute: Execute; readonly measuring: () => () => Measurements; readonly facts: typeof collectFacts; /** Of many agents: each of them would set aside a megabyte of it. */ readonly isShared?: boolean };
const THIS_MACHINE: Machine = { execute, measuring: createMeasuring, facts: collectFacts };

/** Whatever the control plane tells. */
const LONGEST_WINDOW_MS = 900_000;

/** Looked at when the first job needs them: a swarm has none. */
const cgroupsOf = ({ jobLimits }: AgentConfig): (() => Cgroups) => {
  let opened: Cgroups | undefined;
  return () => (opened ??= jobLimits.cgroups ? openCgroups() : noCgroups);
};

/** Others may pass through to an application's folder and see nothing else. */
const prepareStateFolder = (stateDir: string): void => {
  mkdirSync(join(stateDir, 'apps'), { recursive: true });
  chmodSync(stateDir, 0o711);
  chmodSync(join(stateDir, 'apps'), 0o755);
};

const whenIdle = async (jobs: Jobs, signal: AbortSignal): Promise<void> => {
  while (jobs.running() && (await waited(1_000, signal)));
};

/** Also when it was told before. */
const toldToStop = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });

/** Runs until `signal`; resolves with how the connection ended, undefined if it was asked to stop. */
export const runAgent = async (config: AgentConfig, log: Log, signal: AbortSignal, machine: Machine = THIS_MACHINE): Promise<Error | undefined> => {
  log.info('agent.starting', { version: AGENT_VERSION, node: process.version, stateDir: config.stateDir });
  prepareStateFolder(config.stateDir);
  if (!machine.isShared && !keepReserve(join(config.stateDir, 'journal', 'reserve'))) log.error('disk.full', { stateDir: config.stateDir });
  takeStateFolder(config.stateDir);
  const keys = loadKeys(config.stateDir);
  const identity = await openIdentity({ config, keys, log, signal });
  if (!identity) return undefined;
  const { agentId } = identity.current();

  const stopped = toldToStop(signal);
  let connection: Connection | undefined;
  let heart: Heart | undefined;
  let clockOffsetMs = 0;
  let pace: Pace = {};
  let isBack = false;
  const journal = openJournal(join(config.stateDir, 'journal', 'journal.jsonl'));
  const logFolders = { text: join(config.logDir, 'jobs'), pieces: join(config.stateDir, 'logs') };
  const reports = createReports({ journal, agentId, log });
  const jobsInput = {
    config, agentId, keys, journal, logFolders, log, execute: machine.execute, cgroups: cgroupsOf(config),
    reports: {
      ...reports,
      started: (report: Parameters<typeof reports.started>[0]) => {
        reports.started(report);
        // A moment later it is known as the one that runs.
        setImmediate(() => heart?.now());
      },
    },
    // A piece that is not sent now is asked for by its number at the end.
    publishChunk: (name: { jobId: string; attempt: number }, piece: object) =>
      connection?.tell(subjects.agent.log(agentId, name.jobId), { agentId, jobId: name.jobId, attempt: name.attempt, ...piece }),
  };
  await recoverJobs(jobsInput);
  const jobs = createJobs(jobsInput);
  const upgrades = openUpgrades({ config, agentId, jobs, log, signal });
  const sync = createSync();
  const obey = createCommands({
    trust: () => ({ agentId, signingKeys: identity.current().signingKeys, clockOffsetMs }), jobs, upgrades, logFolders, log,
    trustKeys: identity.trustKeys, onRefused: reports.refused,
    // A hello is answered with the new keys; only if they are signed with a key that is not known either, the hub is asked.
    onUnknownKey: (arrivedBy) => (arrivedBy === 'sync' ? identity.renewNow() : sync.wake()),
  });
  const onRenewed = (before: AgentWelcome): void => {
    const isElsewhere = before.natsUrls.join() !== identity.current().natsUrls.join();
    // The broker ends a connection when the credential that it began with ends. nats.js keeps the addresses it was
    // given, so new ones need a new start.
    void whenIdle(jobs, signal).then(() => (isElsewhere ? connection?.close() : connection?.reconnect()));
  };
  void identity.keepFresh(onRenewed);

  const opening = openConnection({
    identity, keys, log, reconnectWindowMs: () => Math.min(LONGEST_WINDOW_MS, Math.max(config.reconnectWindowMs, pace.reconnectWindowMs ?? 0)),
    onCommand: (signed) => obey(signed, 'doorbell'),
    onConnected: () => {
      isBack = heart !== undefined;
      sync.comeback();
      heart?.anew();
      reports.wake();
    },
  });
  const first = await Promise.race([opening, stopped, identity.superseded]);
  if (!first || first instanceof Error) {
    // While the broker is away nobody would wait for an agent that was told to stop.
    void opening.then(({ close }) => close());
    return first;
  }
  connection = first;
  heart = startHeartbeat({ agentId, connection, running: jobs.running, measuring: machine.measuring, pace: () => pace, signal });
  const onAnswered = () => {
    upgrades.helloAnswered();
    // The services may have come back to the broker later than this agent: now somebody listens.
    if (isBack) heart?.anew();
    isBack = false;
  };
  void sync.run({ agentId, facts: () => machine.facts(config), silenceMs: config.silenceMs, connection, onCommand: (signed) => obey(signed, 'sync'), keyIds: () => identity.current().signingKeys.map(({ keyId }) => keyId), onAnswered, onClockOffset: (offsetMs) => (clockOffsetMs = offsetMs), pace: () => pace, onPace: (told) => (pace = told), log, signal });
  void reports.run(connection, signal);
  void upgrades.tell(connection);

  const ended = await Promise.race([stopped, upgrades.handover, identity.superseded, connection.closed.then((error) => error ?? new Error('the connection was closed'))]);
  await jobs.stop();
  await connection.close();
  return ended;
};
