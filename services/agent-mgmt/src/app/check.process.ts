/**
 * Asks apps, again and again, whether they still answer: a health job of low priority for each, on a timer of its own.
 * The job's id follows from the timer, so a check that is asked for twice runs once; what it finds is told by the job.
 */
import { InstallerId, JobId, ProjectId, ServerId } from '@citrus/contracts';
import { internalScope, NotFound, Refusal } from '@citrus/kit-domain';
import { uuidFrom } from '@citrus/kit-event-store';
import type { Logger } from '@citrus/kit-messaging';
import { SERVICE } from '../actors.ts';
import type { Beats } from '../agent/beats.ts';
import { prepareJob, splitInputs } from '../job/queue-job.ts';
import type { Dispatching, Jobs } from '../tokens.ts';
import type { AppStore } from './app.store.ts';
import type { CheckStore, Due } from './check.store.ts';

const CHECKS = internalScope('looks after every app, whoever it belongs to');

type Parts = { readonly checks: CheckStore; readonly apps: AppStore; readonly jobs: Jobs; readonly dispatching: Dispatching; readonly beats: Beats; readonly logger: Logger; readonly everyMs: number };

export class CheckProcess {
  constructor(private readonly parts: Parts) {}

  async turn(): Promise<void> {
    const { checks, jobs, beats, everyMs } = this.parts;
    if (everyMs === 0) return;
    const installers = jobs.registry.list().items.filter(({ scripts }) => scripts.health !== undefined).map(({ id }) => id);
    // A registry that is not read yet must not make anybody forget a timer.
    if (installers.length === 0) return;
    const now = jobs.clock();
    await checks.plan(CHECKS, { now, everyMs, installers });
    for (const due of await checks.take(CHECKS, { now, onlineSince: beats.onlineSince() })) {
      await this.#ask(due);
      await checks.done(CHECKS, due, { now, everyMs });
    }
  }

  async #ask(due: Due): Promise<void> {
    const { apps, jobs, dispatching, logger } = this.parts;
    const [serverId, installer, projectId] = [ServerId.parse(due.server_id), InstallerId.parse(due.installer), ProjectId.parse(due.project_id)];
    const jobId = JobId.parse(uuidFrom('agent-mgmt:check-app', `${serverId}/${installer}/${due.due_at.toISOString()}`));
    const app = await apps.find(CHECKS, { serverId, installer });
    try {
      const inputs = this.#inputsOf(installer, app?.inputs ?? {});
      const job = await prepareJob(jobs, CHECKS, { projectId, serverId, installer, action: 'health', jobId, inputs, priority: 'low' });
      await jobs.handler.queue({ type: 'QueueJob', data: job }, { commandId: uuidFrom('agent-mgmt:queue-job', jobId), actor: SERVICE, projectId, correlationId: jobId });
      dispatching.loop.wake();
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof NotFound)) throw error;
      logger.warn({ event: 'app.not_checked', server_id: serverId, app_id: installer, reason: error.message }, 'an app could not be asked how it is; it is asked again at its next turn');
    }
  }

  /** What it was installed with, as far as the installer of today takes it. */
  #inputsOf(id: InstallerId, inputs: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const installer = this.parts.jobs.registry.find(id);
    if (!installer) return inputs;
    const known = new Set(installer.inputs.map((input) => input.id));
    const wanted = Object.fromEntries(Object.entries(inputs).filter(([input]) => known.has(input)));
    return splitInputs(installer, { action: 'health', inputs: wanted }).plain;
  }
}
