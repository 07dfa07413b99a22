/** A replica of agent-mgmt over the model's rows: the real dispatcher and the real handling of reports. */
import { fold } from '@citrus/kit-domain';
import type { DoorbellReply, ModelRows } from './model-rows.ts';
import type { AgentCommand } from '@citrus/contracts';
import { Dispatcher, type DispatcherParts } from '../../job/dispatcher.ts';
import { JobCommands } from '../../job/job-commands.ts';
import { jobDecider, type JobCommand, type JobState } from '../../job/job.decider.ts';
import type { Cause, KnownJob } from '../../job/job.handler.ts';
import { ReportController } from '../../job/report.controller.ts';
import type { Lease } from '../../job/lease.store.ts';
import type { Dispatching, Jobs } from '../../tokens.ts';
import type { Turns } from './turns.ts';

export const RUN_LEASE_MS = 60_000;

type Outside = { readonly rows: ModelRows; readonly turns: Turns; readonly now: () => Date; readonly ring: (command: AgentCommand) => Promise<DoorbellReply> };

export type Replica = { readonly dispatcher: Dispatcher; readonly reports: ReportController; turning: boolean };

/** Every call of what is outside is a turn of its own, so a replica can stop at each of them for ever. */
export const startModelReplica = ({ rows, turns, now, ring }: Outside): Replica => {
  const self = {} as Replica;
  const turn = <Result>(effect: () => Result) => turns.take(self, effect);
  const handler = {
    load: (jobId: string): Promise<JobState> => turn(() => fold(jobDecider, rows.streamOf(jobId))),
    look: (jobId: string): Promise<Pick<KnownJob, 'state'>> => turn(() => ({ state: fold(jobDecider, rows.streamOf(jobId)) })),
    // What was known is decided on only where it still is so: as if it were loaded in this moment.
    handle: (jobId: string, command: JobCommand, cause: Cause, { check = () => undefined }: { check?: (state: JobState) => void } = {}) => turn(() => rows.handle(jobId, command, cause.commandId, check)),
  };
  const leases = {
    claim: (claim: Parameters<ModelRows['claim']>[0], idle: Parameters<ModelRows['claim']>[1]) => turn(() => rows.claim(claim, idle)),
    claimFor: (agentId: string, claim: Parameters<ModelRows['claim']>[0]) => turn(() => rows.claim(claim, { agentIds: [agentId] }).at(0)),
    takeDue: (at: Date, again: Date) => turn(() => rows.takeDue(at, again)),
    find: (agentId: string) => turn(() => rows.leaseOf(agentId)),
    started: (jobId: string, attempt: number, at: Date) => turn(() => rows.leaseStarted({ jobId, attempt }, at, RUN_LEASE_MS)),
    checkAt: (jobId: string, at: Date) => turn(() => rows.checkAt(jobId, at)),
    release: (lease: Pick<Lease, 'job_id' | 'attempt'>) => turn(() => rows.release(lease)),
  };
  const logs = { expect: (log: { jobId: string; attempt: number }) => turn(() => rows.expectLog(log)) };
  const masking = { mask: async (_: string, text: string) => ({ text, isMasked: false }) };
  const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: (fields: { err?: unknown }) => rows.faults.push(fields.err) };
  const commands = new JobCommands({} as never, {} as never, now);
  const startedAt = now();
  const dispatcher = new Dispatcher({
    jobs: { overdue: (at: Date) => turn(() => rows.overdue(at)), blocked: async () => [] }, handler, leases, commands, doorbell: { ring: (command: AgentCommand) => turn(() => ring(command)).then((reply) => reply) },
    beats: { onlineSince: () => new Date(now().getTime() - 25_000) }, logs, masking, clock: now, logger, leaseMs: RUN_LEASE_MS, listeningSince: () => startedAt,
  } as unknown as DispatcherParts);
  const jobs = { handler, clock: now } as unknown as Jobs;
  const dispatching = { leases, dispatcher, loop: { wake: () => undefined } } as unknown as Dispatching;
  const reports = new ReportController(jobs, dispatching, logs as never, masking as never, { publish: () => undefined } as never);
  return Object.assign(self, { dispatcher, reports, turning: false });
};
