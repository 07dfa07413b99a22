/**
 * Brings queued jobs to idle agents, one at a time each, and sees every attempt through: rings again, ends attempts
 * whose lease ran out, frees the agent for the next job. Its whole memory is rows and events, so it may die anywhere
 * and any replica goes on. What is true is always asked of the job's own stream.
 */
import type { AgentCommand, CommandReply } from '@citrus/contracts';
import { internalScope, type Clock } from '@citrus/kit-domain';
import type { Logger } from '@citrus/kit-messaging';
import { uuidFrom } from '@citrus/kit-event-store';
import { agentActor, SERVICE } from '../actors.ts';
import type { Beats } from '../agent/beats.ts';
import type { Doorbell } from '../command/doorbell.ts';
import type { LogStore } from '../job-log/log.store.ts';
import { runCommandId, type JobCommands } from './job-commands.ts';
import { isOpen, type OpenJob } from './job.decider.ts';
import type { JobHandler, KnownJob } from './job.handler.ts';
import type { JobMasking } from './job-masking.ts';
import type { JobStore } from './job.store.ts';
import type { Lease, LeaseStore } from './lease.store.ts';

/** How long a command may stay undelivered or unanswered before nobody knows any more. */
const DELIVERY_LEASE_MS = 600_000;
const RING_AGAIN_MS = 10_000;
const OVERDUE_AT_ONCE = 200;
/** Jobs wait for hours; when their time is over a second more is nothing. */
const LOOK_FOR_OVERDUE_MS = 1000;
const ORDER = internalScope('ends jobs whose predecessor failed, whoever they belong to');
const NEVER_BEGAN = `The agent did not say within ${DELIVERY_LEASE_MS / 60_000} minutes that it began, so nobody knows whether it did.`;
/** Refusals that say nothing about the job: the agent is about to restart, or fetches the command keys anew. */
const PASSING_REFUSALS = new Set(['agent.stopping', 'key.unknown']);
/** SHA-256 of nothing: a job that was refused at the door has no output. */
const NO_OUTPUT = { chunks: 0, digest: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' };

export type DispatcherParts = {
  readonly jobs: JobStore; readonly handler: JobHandler; readonly leases: LeaseStore; readonly commands: JobCommands; readonly doorbell: Doorbell; readonly beats: Beats; readonly logs: LogStore; readonly masking: JobMasking;
  readonly clock: Clock; readonly logger: Logger; readonly leaseMs: number;
  /** Since when this process hears heartbeats without a break, its own standstills included; before that, silence says nothing. */
  readonly listeningSince: () => Date;
};

export class Dispatcher {
  readonly #ringing = new Map<string, Promise<void>>();
  #overdueFrom = 0;

  constructor(private readonly parts: DispatcherParts) {}

  /** One turn of everything that is due. */
  async turn(): Promise<void> {
    const { leases, beats, clock } = this.parts;
    const due = await leases.takeDue(clock(), this.#in(RING_AGAIN_MS));
    const claimed = await leases.claim(this.#claim(), { onlineSince: beats.onlineSince() });
    await Promise.all([...due, ...claimed].map((lease) => this.#look(lease)));
    await this.#expireOverdue();
    await this.#endBlocked();
  }

  /** The open command of an agent that has just said hello; an idle one gets its next job. */
  async commandFor(agentId: string): Promise<AgentCommand | undefined> {
    const { leases, commands } = this.parts;
    // A lease may turn out to be over: so look again.
    for (let look = 0; look < 3; look += 1) {
      // In the moment between the first two somebody else may have claimed for it, this replica's own turn included.
      const lease = (await leases.find(agentId)) ?? (await leases.claimFor(agentId, this.#claim())) ?? (await leases.find(agentId));
      if (!lease) return undefined;
      const open = await this.#settle(lease);
      if (open) return await commands.of(open);
    }
    return undefined;
  }

  /** Waits for the doors at which it is ringing. */
  async idle(): Promise<void> {
    await Promise.all(this.#ringing.values());
  }

  #in(ms: number): Date {
    return new Date(this.parts.clock().getTime() + ms);
  }

  #claim() {
    return { now: this.parts.clock(), leaseUntil: this.#in(DELIVERY_LEASE_MS), checkAt: this.#in(RING_AGAIN_MS) };
  }

  /** A failure with one agent's job must not keep the others waiting; the row stays and is looked at again. */
  async #look(lease: Lease): Promise<void> {
    try {
      const open = await this.#settle(lease);
      if (open?.status === 'running') await this.parts.leases.checkAt(lease.job_id, this.#runningCheck(lease));
      else if (open) this.#ring(open);
    } catch (error) {
      this.parts.logger.error({ event: 'lease.unsettled', job_id: lease.job_id, agent_id: lease.agent_id, err: error }, 'an attempt could not be looked after; trying again');
    }
  }

  #runningCheck(lease: Lease): Date {
    const soon = this.#in(1000);
    return lease.lease_until > soon ? lease.lease_until : soon;
  }

  /** What the job's stream says about a lease: dispatch it, end it, free the agent, or (the answer) it is open. */
  async #settle(lease: Lease): Promise<OpenJob | undefined> {
    const known = await this.parts.handler.look(lease.job_id);
    const { state } = known;
    if (state.status === 'queued' && state.attempt === lease.attempt - 1) return await this.#dispatch(lease, known);
    if (!isOpen(state) || state.attempt !== lease.attempt) {
      await this.parts.leases.release(lease);
      return undefined;
    }
    if (this.#hasRunOut(lease)) return await this.#lose(lease, state);
    return state;
  }

  #hasRunOut(lease: Lease): boolean {
    const now = this.parts.clock().getTime();
    return lease.lease_until.getTime() <= now && this.parts.listeningSince().getTime() + this.parts.leaseMs <= now;
  }

  async #dispatch(lease: Lease, known: KnownJob): Promise<OpenJob | undefined> {
    const { job_id: jobId, attempt } = lease;
    const data = { attempt, commandId: runCommandId(jobId, attempt), leaseUntil: lease.lease_until.toISOString(), at: this.parts.clock().toISOString() };
    const { state } = await this.parts.handler.handle(jobId, { type: 'DispatchAttempt', data }, { commandId: uuidFrom('agent-mgmt:dispatch', `${jobId}/${attempt}`), actor: SERVICE }, { known });
    if (isOpen(state) && state.attempt === attempt) return state;
    await this.parts.leases.release(lease);
    return undefined;
  }

  async #lose(lease: Lease, { startedAt }: OpenJob): Promise<undefined> {
    const { job_id: jobId, attempt } = lease;
    const reason = startedAt === null ? NEVER_BEGAN : undefined;
    const data = { attempt, outcome: 'lost', exitCode: null, isUnheard: true, ...(reason && { reason }), at: this.parts.clock().toISOString() } as const;
    await this.parts.handler.handle(jobId, { type: 'RecordEnded', data }, { commandId: uuidFrom('agent-mgmt:lease-ran-out', `${jobId}/${attempt}`), actor: SERVICE });
    await this.parts.leases.release(lease);
  }

  /** At one door at most once at a time, and never waiting for it: an agent that is slow holds up nobody. */
  #ring(open: OpenJob): void {
    const { agentId, jobId } = open.job;
    if (this.#ringing.has(agentId)) return;
    const ringing = this.#ringNow(open)
      .catch((error: unknown) => this.parts.logger.error({ event: 'doorbell.failed', job_id: jobId, agent_id: agentId, err: error }, 'a command could not be sent; trying again'))
      .finally(() => this.#ringing.delete(agentId));
    this.#ringing.set(agentId, ringing);
  }

  async #ringNow(open: OpenJob): Promise<void> {
    const command = await this.parts.commands.of(open);
    if (!command) return;
    const reply = await this.parts.doorbell.ring(command);
    if (reply !== 'unreachable' && reply.outcome === 'refused') await this.#refused(open, command, reply);
  }

  async #refused({ job, attempt }: OpenJob, command: AgentCommand, reply: Extract<CommandReply, { outcome: 'refused' }>): Promise<void> {
    const reason = (await this.parts.masking.mask(job.jobId, reply.reason)).text;
    this.parts.logger.warn({ event: 'command.refused', job_id: job.jobId, agent_id: job.agentId, command: command.type, code: reply.code, reason }, 'the agent refuses a command');
    if (command.type === 'run-job') await this.refuse({ job, attempt }, reply);
  }

  /** The agent will not run this attempt. */
  async refuse({ job, attempt }: Pick<OpenJob, 'job' | 'attempt'>, { code, reason }: { code: string; reason: string }): Promise<void> {
    const { handler, leases, logs, clock } = this.parts;
    if (PASSING_REFUSALS.has(code)) return;
    await logs.expect({ jobId: job.jobId, attempt, ...NO_OUTPUT });
    const data = { attempt, outcome: 'refused', exitCode: null, reason: (await this.parts.masking.mask(job.jobId, reason)).text, at: clock().toISOString() } as const;
    await handler.handle(job.jobId, { type: 'RecordEnded', data }, { commandId: uuidFrom('agent-mgmt:refused', `${job.jobId}/${attempt}`), actor: agentActor(job.agentId) });
    await leases.release({ job_id: job.jobId, attempt });
  }

  /** What a job waited for did not succeed: then it has no more to wait for. Those that wait for it follow in the next turn. */
  async #endBlocked(): Promise<void> {
    const { jobs, handler, clock } = this.parts;
    for (const { jobId, predecessor, what, status, reason } of await jobs.blocked(ORDER, OVERDUE_AT_ONCE)) {
      const data = { predecessor, reason: `It waited for "${what}" (job ${predecessor}), which ended ${status}${reason === '' ? '.' : `: ${reason}`}`, at: clock().toISOString() };
      await handler.handle(jobId, { type: 'EndForPredecessor', data }, { commandId: uuidFrom('agent-mgmt:predecessor', `${jobId}/${predecessor}`), actor: SERVICE });
    }
  }

  async #expireOverdue(): Promise<void> {
    const { jobs, handler, clock } = this.parts;
    const now = clock();
    if (now.getTime() < this.#overdueFrom) return;
    this.#overdueFrom = now.getTime() + LOOK_FOR_OVERDUE_MS;
    for (const jobId of await jobs.overdue(now, OVERDUE_AT_ONCE)) {
      await handler.handle(jobId, { type: 'ExpireJob', data: { at: now.toISOString() } }, { commandId: uuidFrom('agent-mgmt:expire', jobId), actor: SERVICE });
    }
  }
}
