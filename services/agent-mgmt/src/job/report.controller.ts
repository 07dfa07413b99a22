/** What agents report about their attempts. An answer means: it is in the log, the agent may forget it. */
import { reportCommandRefused, reportJobFinished, reportJobStarted, type JobOutputs } from '@citrus/contracts';
import { Forbidden } from '@citrus/kit-domain';
import { uuidFrom } from '@citrus/kit-event-store';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { NATS } from '@citrus/kit-service';
import type { NatsConnection } from '@nats-io/nats-core';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { agentActor } from '../actors.ts';
import { auditAgent } from '../audit.ts';
import type { LogStore } from '../job-log/log.store.ts';
import { DISPATCHING, JOBS, LOGS, MASKING, type Dispatching, type Jobs } from '../tokens.ts';
import type { JobCommand, JobState } from './job.decider.ts';
import type { KnownJob } from './job.handler.ts';
import type { JobMasking } from './job-masking.ts';

@Controller()
export class ReportController {
  // oxlint-disable-next-line max-params -- a report touches all of these
  constructor(
    @Inject(JOBS) private readonly jobs: Jobs,
    @Inject(DISPATCHING) private readonly dispatching: Dispatching,
    @Inject(LOGS) private readonly logs: LogStore,
    @Inject(MASKING) private readonly masking: JobMasking,
    @Inject(NATS) private readonly nats: NatsConnection,
  ) {}

  @OnRequest(reportJobStarted)
  async started({ agentId, jobId, attempt }: z.infer<typeof reportJobStarted.input>, _context: RequestContext): Promise<Record<string, never>> {
    const at = this.jobs.clock();
    await this.#record(agentId, jobId, { type: 'RecordStarted', data: { attempt, at: at.toISOString() } });
    await this.dispatching.leases.started(jobId, attempt, at);
    return {};
  }

  @OnRequest(reportJobFinished)
  async finished({ agentId, jobId, attempt, outcome, exitCode, reason, backup, outputs, logChunks, logDigest }: z.infer<typeof reportJobFinished.input>, _context: RequestContext): Promise<Record<string, never>> {
    const known = await this.jobs.handler.look(jobId);
    const { state } = known;
    this.#mayReport(agentId, state);
    const said = reason === undefined ? undefined : (await this.masking.mask(jobId, reason)).text;
    if (outcome === 'refused') this.#audit(agentId, 'job.run', `The agent refused job ${jobId}: ${said ?? 'it gave no reason'}`);
    // Before the event, because the event makes the agent forget: then the count is already here.
    if (state.status !== 'unknown' && attempt <= state.attempt) await this.logs.expect({ jobId, attempt, chunks: logChunks, digest: logDigest });
    await this.#record(agentId, jobId, { type: 'RecordEnded', data: { attempt, outcome, exitCode, reason: said, ...(backup && { backup }), ...(outputs && { outputs: await this.#masked(jobId, outputs) }), at: this.jobs.clock().toISOString() } }, known);
    await this.dispatching.leases.release({ job_id: jobId, attempt });
    this.dispatching.loop.wake();
    return {};
  }

  /** A command that an agent did not obey, also one that somebody else sent. */
  @OnRequest(reportCommandRefused)
  async commandRefused({ agentId, code, reason, jobId, attempt }: z.infer<typeof reportCommandRefused.input>, _context: RequestContext): Promise<Record<string, never>> {
    const said = jobId === undefined ? reason : (await this.masking.mask(jobId, reason)).text;
    this.#audit(agentId, 'agent.command', `${code}: ${said}`);
    if (jobId === undefined || attempt === undefined) return {};
    const state = await this.jobs.handler.load(jobId);
    this.#mayReport(agentId, state);
    if (state.status === 'dispatched' && state.attempt === attempt) await this.dispatching.dispatcher.refuse(state, { code, reason });
    return {};
  }

  async #masked(jobId: string, outputs: JobOutputs): Promise<JobOutputs> {
    return Object.fromEntries(await Promise.all(Object.entries(outputs).map(async ([name, value]) => [name, (await this.masking.mask(jobId, value)).text] as const)));
  }

  #audit(agentId: string, action: string, reason: string): void {
    auditAgent(this.nats, { agentId, action, reason, at: this.jobs.clock() });
  }

  async #record(agentId: string, jobId: string, command: Extract<JobCommand, { type: 'RecordStarted' | 'RecordEnded' }>, known?: KnownJob): Promise<void> {
    const commandId = uuidFrom(`agent-mgmt:report:${command.type}`, `${jobId}/${command.data.attempt}`);
    await this.jobs.handler.handle(jobId, command, { commandId, actor: agentActor(agentId) }, { check: (state) => this.#mayReport(agentId, state), known });
  }

  #mayReport(agentId: string, state: JobState): void {
    if (state.status === 'unknown' || state.job.agentId === agentId) return;
    const reason = 'This job belongs to another agent.';
    this.#audit(agentId, 'job.report', `${reason} Job: ${state.job.jobId}`);
    throw new Forbidden(reason, 'job.not_yours');
  }
}
