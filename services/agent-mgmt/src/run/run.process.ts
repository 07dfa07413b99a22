/**
 * Drives runs: begins servers when it is their turn, queues a job for each, and ends what was aborted. It remembers
 * nothing: a job's id follows from the run and the server, so whoever dies here is repeated by the next turn, and two
 * replicas do it together.
 */
import { internalScope, NotFound, Refusal } from '@citrus/kit-domain';
import { newId, uuidFrom, type Projections } from '@citrus/kit-event-store';
import type { Logger } from '@citrus/kit-messaging';
import { JobId, ServerId } from '@citrus/contracts';
import { SERVICE } from '../actors.ts';
import type { Secrets } from '../job/job-secrets.ts';
import { prepareJob } from '../job/queue-job.ts';
import type { Dispatching, Jobs } from '../tokens.ts';
import type { KnownRun } from './run.decider.ts';
import type { RefusedServer } from './run.events.ts';
import type { RunHandler } from './run.handler.ts';
import type { RunStore } from './run.store.ts';

const RUNS = internalScope('drives every run, whoever it belongs to');
/** They are looked at and queued side by side: their look-ups and appends go together. */
const AT_ONCE = 100;

export const jobOfRun = (runId: string, serverId: string): JobId => JobId.parse(uuidFrom('agent-mgmt:job-of-run', `${runId}/${serverId}`));

type Begins = { readonly secrets: Secrets; readonly trace: Awaited<ReturnType<RunHandler['traceOf']>> };
type Parts = { readonly runs: RunStore; readonly handler: RunHandler; readonly jobs: Jobs; readonly dispatching: Dispatching; readonly projections: Pick<Projections, 'reached'>; readonly logger: Logger };

export class RunProcess {
  constructor(private readonly parts: Parts) {}

  async turn(): Promise<void> {
    const { runs, handler, projections, logger } = this.parts;
    // A run that is not shown yet wakes us, or is seen at the next turn.
    if ((await runs.unfinished(RUNS)).length === 0) return;
    await projections.reached(await handler.head());
    for (const runId of await runs.unfinished(RUNS)) {
      try {
        await this.#drive(runId);
      } catch (error) {
        logger.error({ event: 'run.stuck', run_id: runId, err: error }, 'a run could not go on; it is tried again');
      }
    }
  }

  async #drive(runId: string): Promise<void> {
    const { runs, handler, jobs } = this.parts;
    const advanced = await handler.proceed(runId, { type: 'AdvanceRun', data: { ...(await runs.progressOf(RUNS, runId)), at: jobs.clock().toISOString() } });
    if (advanced.state.status === 'unknown') return;
    if (advanced.events.length > 0) await this.parts.projections.reached(advanced.position);
    await this.#begin(advanced.state);
    if (advanced.state.status === 'aborting') await this.#cancel(advanced.state);
  }

  /**
   * Also of an aborted run every server that has begun gets its job, which is then cancelled: another replica may be
   * queueing it. Each server is tried once in a turn, and one that waits only when something new is known of it.
   */
  async #begin(state: KnownRun): Promise<void> {
    const { runs, handler, jobs, dispatching, projections } = this.parts;
    const { runId } = state.run;
    const now = state.status === 'aborting' ? undefined : { at: jobs.clock(), isInstallerThere: jobs.registry.find(state.run.installer) !== undefined };
    for (let after = 0; ; ) {
      const missing = await runs.withoutJob(RUNS, runId, { limit: AT_ONCE, after, now });
      if (missing.length === 0) return;
      after = missing.at(-1)?.place ?? after;
      const refused: RefusedServer[] = [];
      let position = 0;
      const [secrets, trace] = await Promise.all([jobs.secrets.open(runId, state.run.sealedInputs), handler.traceOf(runId)]);
      const outcomes = await Promise.allSettled(missing.map(({ serverId }) => this.#queue(state, { secrets, trace }, ServerId.parse(serverId))));
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') throw outcome.reason;
        if (typeof outcome.value === 'number') position = Math.max(position, outcome.value);
        else refused.push(outcome.value);
      }
      if (refused.length > 0) ({ position } = await handler.proceed(runId, { type: 'RefuseServers', data: { servers: refused, at: jobs.clock().toISOString() } }));
      dispatching.loop.wake();
      await projections.reached(position);
    }
  }

  /** The position of the queued job, or why there is none. */
  async #queue({ run }: KnownRun, { secrets, trace }: Begins, serverId: ServerId): Promise<number | RefusedServer> {
    const { jobs } = this.parts;
    const { runId, projectId, installer, installerDigest, action, inputs, priority } = run;
    const jobId = jobOfRun(runId, serverId);
    try {
      const job = await prepareJob(jobs, RUNS, { projectId, jobId, serverId, installer, action, priority, runId, inputs: { ...inputs, ...secrets } });
      if (job.installerDigest !== installerDigest) throw new Refusal('installer.changed', 'The installer was changed since this run began. Begin a new run to use the new one.');
      const { position } = await jobs.handler.queue({ type: 'QueueJob', data: job }, { ...trace, commandId: uuidFrom('agent-mgmt:queue-job', jobId) });
      return position;
    } catch (error) {
      if (error instanceof Refusal || error instanceof NotFound) return { serverId, code: error.code, reason: error.message };
      throw error;
    }
  }

  async #cancel({ run: { runId }, cancelRunning }: KnownRun): Promise<void> {
    const { runs, jobs, dispatching } = this.parts;
    const at = jobs.clock().toISOString();
    for (const { jobId, isRunning } of await runs.openJobs(RUNS, runId)) {
      if (isRunning && !cancelRunning) continue;
      await this.#cancelJob(jobId, at);
    }
    dispatching.loop.wake();
  }

  async #cancelJob(jobId: string, at: string): Promise<void> {
    const { jobs, dispatching } = this.parts;
    try {
      await jobs.handler.handle(jobId, { type: 'RequestCancel', data: { at } }, { commandId: newId(), actor: SERVICE });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error; // it has just ended
    }
    await dispatching.leases.checkAt(jobId, jobs.clock());
  }
}
