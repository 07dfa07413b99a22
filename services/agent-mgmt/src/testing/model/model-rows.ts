/**
 * What outlives every process: the jobs' streams, and the rows of `leases`, `jobs` and `agent_beats` with the rules of
 * their SQL. The rows of jobs follow the log late, as the projection does.
 */
import { fold } from '@citrus/kit-domain';
import type { CommandReply } from '@citrus/contracts';
import { isEnded, isOpen, jobDecider, type JobCommand, type JobState } from '../../job/job.decider.ts';
import type { JobEvent, QueuedJob } from '../../job/job.events.ts';
import type { Claim, Lease } from '../../job/lease.store.ts';

export type DoorbellReply = CommandReply | 'unreachable';
type Row = { readonly job: QueuedJob; status: JobState['status']; attempt: number; notBefore: string };
type Stored = { readonly event: JobEvent; readonly commandId: string };

export class ModelRows {
  readonly #streams = new Map<string, Stored[]>();
  readonly #log: string[] = [];
  #projected = 0;
  readonly #projectedOf = new Map<string, number>();
  readonly jobs = new Map<string, Row>();
  readonly leases = new Map<string, Lease>();
  readonly beats = new Map<string, Date>();
  readonly expectedLogs = new Set<string>();
  /** What a replica could not do; there must be none. */
  readonly faults: unknown[] = [];

  streamOf(jobId: string): JobEvent[] {
    return (this.#streams.get(jobId) ?? []).map(({ event }) => event);
  }

  jobIds(): string[] {
    return [...this.#streams.keys()];
  }

  stateOf(jobId: string): JobState {
    return fold(jobDecider, this.streamOf(jobId));
  }

  handle(jobId: string, command: JobCommand, commandId: string, check: (state: JobState) => void = () => undefined) {
    const stream = this.#streams.get(jobId) ?? [];
    const before = stream.filter((stored) => stored.commandId === commandId).map(({ event }) => event);
    const state = this.stateOf(jobId);
    if (before.length > 0) return { state, events: before, version: 0, position: 0 };
    check(state);
    const events = jobDecider.decide(command, state);
    this.#streams.set(jobId, [...stream, ...events.map((event) => ({ event, commandId }))]);
    for (const _ of events) this.#log.push(jobId);
    return { state: this.stateOf(jobId), events, version: 0, position: this.#log.length };
  }

  get isBehind(): boolean {
    return this.#projected < this.#log.length;
  }

  /** The projection takes one more event. */
  project(): void {
    const jobId = this.#log[this.#projected];
    if (jobId === undefined) return;
    this.#projected += 1;
    const seen = (this.#projectedOf.get(jobId) ?? 0) + 1;
    this.#projectedOf.set(jobId, seen);
    const state = fold(jobDecider, this.streamOf(jobId).slice(0, seen));
    if (state.status !== 'unknown') this.jobs.set(jobId, { job: state.job, status: state.status, attempt: state.attempt, notBefore: state.status === 'queued' ? state.notBefore : '' });
  }

  claim({ now, leaseUntil, checkAt }: Claim, idle: { onlineSince: Date } | { agentIds: readonly string[] }): Lease[] {
    const isCandidate = (agentId: string) => ('agentIds' in idle ? idle.agentIds.includes(agentId) : (this.beats.get(agentId)?.getTime() ?? 0) > idle.onlineSince.getTime());
    const isBusy = (agentId: string) => this.leases.has(agentId) || [...this.jobs.values()].some(({ job, status }) => job.agentId === agentId && ['dispatched', 'running', 'cancelling'].includes(status));
    const at = now.toISOString();
    const claimed: Lease[] = [];
    for (const { job, attempt, status, notBefore } of this.jobs.values()) {
      if (status !== 'queued' || notBefore > at || job.expiresAt <= at || !isCandidate(job.agentId) || isBusy(job.agentId)) continue;
      const lease: Lease = { agent_id: job.agentId, job_id: job.jobId, attempt: attempt + 1, lease_until: leaseUntil, check_at: checkAt };
      this.leases.set(job.agentId, lease);
      claimed.push(lease);
    }
    return claimed;
  }

  takeDue(now: Date, again: Date): Lease[] {
    const due = [...this.leases.values()].filter((lease) => lease.check_at <= now);
    for (const lease of due) this.leases.set(lease.agent_id, { ...lease, check_at: again });
    return due.map((lease) => ({ ...lease, check_at: again }));
  }

  leaseOf(agentId: string): Lease | undefined {
    return this.leases.get(agentId);
  }

  leaseStarted({ jobId, attempt }: { jobId: string; attempt: number }, at: Date, leaseMs: number): void {
    const until = new Date(at.getTime() + leaseMs);
    this.#change((lease) => lease.job_id === jobId && lease.attempt === attempt, { lease_until: until, check_at: until });
  }

  checkAt(jobId: string, at: Date): void {
    this.#change((lease) => lease.job_id === jobId, { check_at: at });
  }

  release({ job_id, attempt }: Pick<Lease, 'job_id' | 'attempt'>): void {
    for (const [agentId, lease] of this.leases) if (lease.job_id === job_id && lease.attempt === attempt) this.leases.delete(agentId);
  }

  beat(agentId: string, running: { jobId: string; attempt: number } | null, { now, leaseMs }: { now: Date; leaseMs: number }): void {
    this.beats.set(agentId, now);
    if (running) this.#change((lease) => lease.agent_id === agentId && lease.job_id === running.jobId && lease.attempt === running.attempt, { lease_until: new Date(now.getTime() + leaseMs) });
  }

  overdue(now: Date): string[] {
    return [...this.jobs.values()].filter(({ status, job }) => status === 'queued' && job.expiresAt <= now.toISOString()).map(({ job }) => job.jobId);
  }

  expectLog({ jobId, attempt }: { jobId: string; attempt: number }): void {
    this.expectedLogs.add(`${jobId}/${attempt}`);
  }

  get allEnded(): boolean {
    return this.jobIds().every((jobId) => isEnded(this.stateOf(jobId)));
  }

  /** Jobs of the agent that are open at this moment; there may be one. */
  openOf(agentId: string): string[] {
    return this.jobIds().filter((jobId) => {
      const state = this.stateOf(jobId);
      return isOpen(state) && state.job.agentId === agentId;
    });
  }

  #change(isMeant: (lease: Lease) => boolean, change: Partial<Lease>): void {
    for (const [agentId, lease] of this.leases) if (isMeant(lease)) this.leases.set(agentId, { ...lease, ...change });
  }
}
