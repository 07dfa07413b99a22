/**
 * Drives changes of apps: asks for the job of the step that it is at, and tells the app how that job ended. It remembers
 * nothing: a job's id follows from the change and the step, so whoever dies here is repeated by the next turn, and two
 * replicas do it together.
 */
import type { ChangeStep, JobFinished } from '@citrus/contracts';
import { InstallerId, JobId, ProjectId, ServerId } from '@citrus/contracts';
import { internalScope, NotFound, Refusal } from '@citrus/kit-domain';
import { newId, uuidFrom, type Projections } from '@citrus/kit-event-store';
import type { Logger } from '@citrus/kit-messaging';
import { SERVICE } from '../actors.ts';
import { patienceWith } from '../job/passing-refusal.ts';
import { prepareJob } from '../job/queue-job.ts';
import type { Dispatching, Jobs } from '../tokens.ts';
import type { AppHandler } from './app.handler.ts';
import { appIdOf } from './app.handler.ts';
import type { AppStore, Untold } from './app.store.ts';
import type { OpenChange, StepEnd } from './change-rule.ts';

const APPS = internalScope('drives every change, whoever it belongs to');
const TOLD_AT_ONCE = 200;

type Parts = { readonly apps: AppStore; readonly handler: AppHandler; readonly jobs: Jobs; readonly dispatching: Dispatching; readonly projections: Pick<Projections, 'reached'>; readonly logger: Logger };
type Named = { readonly serverId: string; readonly installer: string; readonly projectId: string };

const ACTIONS = { 'back-up': 'backup', verify: 'restore', check: 'health', restore: 'restore', recheck: 'health' } as const;
const IS_ABOUT_BEFORE: readonly ChangeStep[] = ['back-up', 'verify', 'restore', 'recheck'];

const endOf = ({ status, attempt, reason, backup }: JobFinished): StepEnd => ({ status: status as StepEnd['status'], mayHaveRun: attempt > 0, reason, backup });

export class ChangeProcess {
  constructor(private readonly parts: Parts) {}

  async turn(): Promise<void> {
    const { apps, handler, projections, logger } = this.parts;
    // What is not shown yet wakes us, or is seen at the next turn.
    if (!(await apps.hasNews(APPS))) return;
    await projections.reached(await handler.head());
    for (const change of await apps.unfinished(APPS)) {
      try {
        await this.#drive(change);
      } catch (error) {
        logger.error({ event: 'change.stuck', change_id: change.changeId, err: error }, 'a change of an app could not go on; it is tried again');
      }
    }
    for (const news of await apps.untold(APPS, TOLD_AT_ONCE)) {
      try {
        await this.#tell(news);
      } catch (error) {
        logger.error({ event: 'health.untold', server_id: news.serverId, installer: news.installer, err: error }, 'the health of an app could not be told; it is tried again');
      }
    }
  }

  /** As far as it goes without waiting. */
  async #drive(named: Named): Promise<void> {
    const { handler, jobs } = this.parts;
    const appId = appIdOf(named);
    for (let { open } = await handler.load(appId); open; ) {
      const end = await this.#endOfStep(open);
      if (!end) return;
      const { changeId } = open.change;
      ({ state: { open } } = await handler.proceed(appId, { type: 'EndStep', data: { changeId, step: open.step, end, at: jobs.clock().toISOString() } }, named.projectId));
    }
  }

  /** Undefined while its job is not over; the job is asked for when it is not there yet. */
  async #endOfStep(open: OpenChange): Promise<StepEnd | undefined> {
    const found = await this.parts.handler.jobEnd(open.change.jobIds[open.step]);
    if (found === 'open') return undefined;
    return found === 'unknown' ? await this.#ask(open) : endOf(found);
  }

  /** How the step ended when no job could be asked for; what passes by itself is waited for. */
  async #ask(open: OpenChange): Promise<StepEnd | undefined> {
    const { jobs, handler, dispatching } = this.parts;
    const { change, step, backup } = open;
    const { projectId, serverId, installer, changeId } = change;
    const jobId = change.jobIds[step];
    const isRestore = step === 'verify' || step === 'restore';
    try {
      const inputs = { ...(IS_ABOUT_BEFORE.includes(step) ? change.priorInputs : change.inputs), ...(await jobs.secrets.open(changeId, change.sealedInputs)) };
      const job = await prepareJob(jobs, APPS, {
        projectId, jobId, serverId, installer, action: step === 'change' ? change.action : ACTIONS[step], inputs, priority: 'normal', ...(isRestore && backup && { backup: { ...backup, check: step === 'verify' } }),
      });
      if (step === 'change' && job.installerDigest !== change.installerDigest) throw new Refusal('installer.changed', 'The installer was changed since this was asked for. Ask again to use the new one.');
      await jobs.handler.queue({ type: 'QueueJob', data: job }, { ...(await handler.traceOf(appIdOf(change), projectId)), commandId: uuidFrom('agent-mgmt:queue-job', jobId) });
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof NotFound)) throw error;
      const patience = patienceWith({ code: error.code, reason: error.message }, { before: { code: error.code, since: open.since, until: open.since }, at: jobs.clock().toISOString() });
      return patience.verdict === 'held' ? undefined : { status: 'failed', mayHaveRun: false, reason: patience.reason };
    }
    await this.#withdrawIfOver(open);
    dispatching.loop.wake();
    return undefined;
  }

  /** Another replica may have found meanwhile that no job can be asked for, and ended the step. */
  async #withdrawIfOver({ change, step }: OpenChange): Promise<void> {
    const { jobs, handler } = this.parts;
    const { open } = await handler.load(appIdOf(change));
    if (open?.change.changeId === change.changeId && open.step === step) return;
    const jobId = change.jobIds[step];
    if ((await handler.jobEnd(jobId)) === 'open') await jobs.handler.handle(jobId, { type: 'AbandonJob', data: { serverGone: false, at: jobs.clock().toISOString() } }, { commandId: newId(), actor: SERVICE });
  }

  async #tell({ serverId, projectId, installer, health, reason, jobId }: Untold): Promise<void> {
    const data = { serverId: ServerId.parse(serverId), projectId: ProjectId.parse(projectId), installer: InstallerId.parse(installer), jobId: JobId.parse(jobId), health, reason, at: this.parts.jobs.clock().toISOString() };
    await this.parts.handler.proceed(appIdOf(data), { type: 'RecordHealth', data }, projectId);
  }
}
