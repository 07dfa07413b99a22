/**
 * Drives bundles: asks for the job, or the safe change, of the app whose turn it is, and tells the bundle how it ended. It
 * remembers nothing: what is asked for has an id that follows from the bundle, the attempt and the app, so whoever dies
 * here is repeated by the next turn, and two replicas do it together.
 */
import { ChangeId, JobId, type JobFinished, type JobOutputs } from '@citrus/contracts';
import { internalScope, NotFound, Refusal } from '@citrus/kit-domain';
import { newId, uuidFrom, type Projections } from '@citrus/kit-event-store';
import type { Logger } from '@citrus/kit-messaging';
import { SERVICE } from '../actors.ts';
import { appIdOf, jobIdsOf } from '../app/app.handler.ts';
import { askForChange } from '../app/request-change.ts';
import { passesByItself, patienceWith, type Refused } from '../job/passing-refusal.ts';
import { checkReady, prepareJob } from '../job/queue-job.ts';
import type { Apps, Dispatching, Jobs } from '../tokens.ts';
import { currentStep, isOpen, outputsOf, type KnownBundle, type StepEnd } from './bundle.decider.ts';
import type { BundleHandler } from './bundle.handler.ts';
import type { InstalledBundleStore } from './bundle.store.ts';
import { knownOf, valuesFor } from './bundle-values.ts';

const BUNDLES = internalScope('drives every bundle, whoever it belongs to');

type Parts = { readonly bundles: InstalledBundleStore; readonly handler: BundleHandler; readonly apps: Apps; readonly jobs: Jobs; readonly dispatching: Dispatching; readonly projections: Pick<Projections, 'reached'>; readonly logger: Logger };
type Current = NonNullable<ReturnType<typeof currentStep>>;

export const workOf = (installedBundleId: string, { attempt, phase }: Pick<KnownBundle, 'attempt' | 'phase'>, app: string): string => uuidFrom('agent-mgmt:step-of-bundle', `${installedBundleId}/${attempt}/${phase}/${app}`);

/** Why an app that is to be removed is not there any more. */
const GONE: Readonly<Record<string, string>> = { 'app.removed': 'Somebody else has removed it.', 'app.unknown': 'It went with its server.', 'server.deleted': 'It goes with its server, which is being deleted.' };

const failed = (reason: string): StepEnd => ({ outcome: 'failed', outputs: {}, reason });
const endOfJob = ({ status, reason, outputs = {} }: JobFinished): StepEnd =>
  status === 'succeeded' ? { outcome: 'done', outputs, reason: '' } : { outcome: status === 'cancelled' ? 'cancelled' : 'failed', outputs: {}, reason: reason || `Its job ended ${status}.` };

/** Its turn has come and it could not begin yet. */
const isHeld = (state: KnownBundle | { readonly status: 'unknown' }, app: string): boolean => {
  const current = state.status === 'unknown' ? undefined : currentStep(state);
  return current?.step.app === app && current.state.status === 'waiting';
};

/** The server went away between the beginning of the step and its job, which is as short as it sounds. */
const endOfPatience = ({ status }: KnownBundle, { state: { begunAt } }: Current, { code, message }: Refusal | NotFound, at: string): StepEnd | undefined => {
  if (status === 'cancelling') return { outcome: 'cancelled', outputs: {}, reason: '' };
  const patience = patienceWith({ code, reason: message }, { before: { code, since: begunAt ?? at, until: at }, at });
  return patience.verdict === 'refused' ? failed(patience.reason) : undefined;
};

export class BundleProcess {
  constructor(private readonly parts: Parts) {}

  async turn(): Promise<void> {
    const { bundles, handler, projections, logger } = this.parts;
    // What is not shown yet wakes us, or is seen at the next turn.
    if ((await bundles.unfinished(BUNDLES)).length === 0) return;
    await projections.reached(await handler.head());
    for (const installedBundleId of await bundles.unfinished(BUNDLES)) {
      try {
        await this.#drive(installedBundleId);
      } catch (error) {
        logger.error({ event: 'bundle.stuck', installed_bundle_id: installedBundleId, err: error }, 'a bundle could not go on; it is tried again');
      }
    }
  }

  /** As far as it goes without waiting. */
  async #drive(installedBundleId: string): Promise<void> {
    const { handler, jobs, projections } = this.parts;
    for (let state = await handler.load(installedBundleId); state.status !== 'unknown' && isOpen(state); ) {
      const current = currentStep(state);
      if (!current) return;
      const { attempt, phase } = state;
      const turn = { attempt, phase, app: current.step.app, at: jobs.clock().toISOString() };
      if (current.state.status === 'waiting') {
        const command = { ...turn, workId: workOf(installedBundleId, state, turn.app), present: await this.#present(current), refused: await this.#heldUpBy(state, current) };
        ({ state } = await handler.proceed(installedBundleId, { type: 'BeginStep', data: command }));
        if (isHeld(state, turn.app)) return;
        continue;
      }
      const end = await this.#endOf(state, current);
      if (!end) return;
      const ended = await handler.proceed(installedBundleId, { type: 'EndStep', data: { ...turn, end } });
      // The next app may need what this one has changed.
      await projections.reached(ended.position);
      ({ state } = ended);
    }
  }

  /** What passes by itself and stands against asking for anything; whatever else does is told by the step, which fails. */
  async #heldUpBy({ request: { projectId }, phase }: KnownBundle, { step: { serverId, installer } }: Current): Promise<Refused | undefined> {
    try {
      await checkReady(this.parts.jobs, BUNDLES, { projectId, serverId, installer, action: phase });
      return undefined;
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof NotFound)) throw error;
      return passesByItself(error) ? { code: error.code, reason: error.message } : undefined;
    }
  }

  /** What the app on the server has handed on; undefined where it is not there. */
  async #present({ step }: Current): Promise<JobOutputs | undefined> {
    const { apps, bundles } = this.parts;
    const app = await apps.store.find(BUNDLES, step);
    return app && app.state !== 'removed' ? await bundles.outputsOf(BUNDLES, step) : undefined;
  }

  /** Undefined while it goes on; it is asked for when it is not there yet. */
  async #endOf(state: KnownBundle, current: Current): Promise<StepEnd | undefined> {
    try {
      return current.state.how === 'install' ? await this.#endOfInstall(state, current) : await this.#endOfChange(state, current);
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof NotFound)) throw error;
      // That passes by itself: the turn comes when whoever changes the app is through, unless nobody waits for it any more.
      if (error.code === 'app.changing') return state.status === 'cancelling' ? { outcome: 'cancelled', outputs: {}, reason: '' } : undefined;
      if (passesByItself(error)) return endOfPatience(state, current, error, this.parts.jobs.clock().toISOString());
      const goneBy = current.state.how === 'uninstall' ? GONE[error.code] : undefined;
      if (goneBy !== undefined) return { outcome: 'done', outputs: {}, reason: goneBy };
      return failed(error.message);
    }
  }

  async #endOfInstall(state: KnownBundle, { step, state: { workId } }: Current): Promise<StepEnd | undefined> {
    const { apps, jobs, handler, dispatching } = this.parts;
    const { installedBundleId, projectId, sealedInputs } = state.request;
    const jobId = JobId.parse(workId);
    const found = await apps.handler.jobEnd(jobId);
    if (typeof found === 'object') return endOfJob(found);
    if (found === 'open') {
      if (state.status === 'cancelling') await this.#cancel(jobId);
      return undefined;
    }
    // Between begin and job somebody has cancelled; another replica may be queueing it, and then that job is cancelled.
    const inputs = valuesFor(step.inputs, knownOf({ ...state.request.inputs, ...(await jobs.secrets.open(installedBundleId, sealedInputs)) }, outputsOf(state)));
    const job = await prepareJob(jobs, BUNDLES, { projectId, jobId, serverId: step.serverId, installer: step.installer, action: 'install', inputs, priority: 'normal', ignore: ['memory'] });
    if (job.installerDigest !== step.installerDigest) throw new Refusal('installer.changed', 'The installer was changed since this bundle was asked for. Uninstall the bundle and ask for it again to use the new one.');
    await jobs.handler.queue({ type: 'QueueJob', data: job }, { ...(await handler.traceOf(installedBundleId)), commandId: uuidFrom('agent-mgmt:queue-job', jobId) });
    await this.#withdrawIfOver(state, step.app, jobId);
    dispatching.loop.wake();
    return undefined;
  }

  /** A safe change that has begun is brought to its end, also when the bundle is cancelled: in the middle of it there is nothing to leave behind. */
  async #endOfChange(state: KnownBundle, { step, state: { workId, how } }: Current): Promise<StepEnd | undefined> {
    const { apps, jobs, handler, projections } = this.parts;
    const { installedBundleId, projectId, sealedInputs } = state.request;
    const changeId = ChangeId.parse(workId);
    const { serverId, installer } = step;
    const life = await apps.handler.load(appIdOf({ serverId, installer }));
    if (!life.asked[changeId]) {
      const secrets = how === 'upgrade' ? await jobs.secrets.open(installedBundleId, sealedInputs) : {};
      const inputs = how === 'upgrade' ? valuesFor(step.inputs, knownOf({ ...state.request.inputs, ...secrets }, outputsOf(state))) : {};
      const withoutBackup = how === 'uninstall' && state.withoutBackup;
      const position = await askForChange({ apps, jobs }, BUNDLES, { projectId, serverId, installer, changeId, action: how === 'upgrade' ? 'upgrade' : 'uninstall', inputs, withoutBackup }, await handler.traceOf(installedBundleId));
      await projections.reached(position);
      return undefined;
    }
    if (life.open?.change.changeId === changeId) return undefined;
    const change = await apps.store.findChange(BUNDLES, { changeId, serverId, installer });
    if (!change?.finishedAt) return undefined;
    if (change.status !== 'changed') return failed(`${change.reason ?? 'it was not changed'} ${change.advice ?? ''}`.trim());
    const job = await apps.handler.jobEnd(jobIdsOf(changeId).change);
    const outputs = typeof job === 'object' ? job.outputs : undefined;
    return { outcome: 'done', outputs: { ...(how === 'upgrade' && (await this.parts.bundles.outputsOf(BUNDLES, step))), ...outputs }, reason: '' };
  }

  /** Another replica may have found meanwhile that no job can be asked for, and ended the step. */
  async #withdrawIfOver({ request: { installedBundleId }, attempt }: KnownBundle, app: string, jobId: JobId): Promise<void> {
    const { handler, jobs, apps } = this.parts;
    const now = await handler.load(installedBundleId);
    const isStill = now.status !== 'unknown' && now.attempt === attempt && currentStep(now)?.step.app === app && currentStep(now)?.state.status === 'running';
    if (isStill || (await apps.handler.jobEnd(jobId)) !== 'open') return;
    await jobs.handler.handle(jobId, { type: 'AbandonJob', data: { serverGone: false, at: jobs.clock().toISOString() } }, { commandId: newId(), actor: SERVICE });
  }

  async #cancel(jobId: JobId): Promise<void> {
    const { jobs, dispatching } = this.parts;
    try {
      await jobs.handler.handle(jobId, { type: 'RequestCancel', data: { at: jobs.clock().toISOString() } }, { commandId: newId(), actor: SERVICE });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error; // it has just ended
    }
    await dispatching.leases.checkAt(jobId, jobs.clock());
    dispatching.loop.wake();
  }
}
