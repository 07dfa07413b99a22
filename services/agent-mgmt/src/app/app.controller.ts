/** What people ask about apps. */
import { actOnApp, changeApp, isSensitive, listApps, readApp, readAppChange, type App, type AppChange, type Installer, type InputValue, type Job } from '@citrus/contracts';
import { NotFound, projectScope, Refusal } from '@citrus/kit-domain';
import { uuidFrom, type AppendContext, type Projections } from '@citrus/kit-event-store';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { PROJECTIONS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { userActor } from '../actors.ts';
import { jobOf } from '../job/job.store.ts';
import { checkServer, findInstaller, prepareJob, splitInputs } from '../job/queue-job.ts';
import { APPS, DISPATCHING, JOBS, type Apps, type Dispatching, type Jobs } from '../tokens.ts';
import { appIdOf, jobIdsOf } from './app.handler.ts';
import { appDecider } from './app.decider.ts';
import type { RequestedChange } from './app.events.ts';
import { appOf, type AppRow } from './app.store.ts';

type Change = z.infer<typeof changeApp.input>;
type Act = z.infer<typeof actOnApp.input>;
type One = { readonly projectId: string; readonly serverId: string; readonly installer: string };
type Inputs = Readonly<Record<string, InputValue>>;

/** What the installer, as it is now, still asks of what the app was installed with. */
const stillAsked = (installer: Installer, inputs: Inputs): Inputs => {
  const ids = new Set(installer.inputs.filter((input) => !isSensitive(input)).map(({ id }) => id));
  return Object.fromEntries(Object.entries(inputs).filter(([id]) => ids.has(id)));
};

@Controller()
export class AppController {
  constructor(
    @Inject(APPS) private readonly apps: Apps,
    @Inject(JOBS) private readonly jobs: Jobs,
    @Inject(DISPATCHING) private readonly dispatching: Dispatching,
    @Inject(PROJECTIONS) private readonly projections: Projections,
  ) {}

  @OnRequest(listApps)
  async list({ projectId, ...asked }: z.infer<typeof listApps.input>, { caller }: RequestContext): Promise<z.infer<typeof listApps.reply>> {
    return await this.apps.store.list(projectScope(caller, projectId), asked);
  }

  @OnRequest(readApp)
  async read(one: One, context: RequestContext): Promise<App> {
    return appOf(await this.#find(one, context));
  }

  @OnRequest(readAppChange)
  async readChange({ projectId, ...change }: z.infer<typeof readAppChange.input>, { caller }: RequestContext): Promise<AppChange> {
    const found = await this.apps.store.findChange(projectScope(caller, projectId), change);
    if (!found) throw new NotFound('change.unknown', 'There is no such change of this app.');
    return found;
  }

  @OnRequest(changeApp)
  async change(asked: Change, context: RequestContext): Promise<AppChange> {
    await this.projections.reached(await this.apps.handler.head());
    const { projectId, serverId, installer, changeId } = asked;
    const app = await this.#find(asked, context);
    const appId = appIdOf(asked);
    const known = (await this.apps.handler.load(appId)).asked[changeId];
    const data = known && !this.jobs.registry.find(installer) ? known : await this.#prepare(asked, app, { known, context });
    const command = { type: 'RequestChange', data } as const;
    const { state, position } = await this.apps.handler.handle(appId, command, this.#contextOf(asked, context, uuidFrom('agent-mgmt:change-app', changeId)));
    // Somebody may have asked for it before, with other contents.
    appDecider.decide(command, state);
    this.apps.loop.wake();
    await this.projections.reached(position);
    return await this.readChange({ projectId, serverId, installer, changeId }, context);
  }

  @OnRequest(actOnApp)
  async act(asked: Act, context: RequestContext): Promise<Job> {
    await this.projections.reached(await this.apps.handler.head());
    const { projectId, serverId, installer: id, action, jobId } = asked;
    const app = await this.#find(asked, context);
    const scope = projectScope(context.caller, projectId);
    const installer = findInstaller(this.jobs.registry, id, action);
    const known = await this.jobs.handler.load(jobId);
    if (action === 'restore' && known.status === 'unknown') this.#refuseWhileChanging(app);
    const backup = action === 'restore' ? this.#backupOf(app, asked.backupId) : undefined;
    const job = await prepareJob(this.jobs, scope, { projectId, serverId, installer: id, action, jobId, inputs: stillAsked(installer, backup?.inputs ?? app.inputs), priority: 'normal', ...(backup && { backup: { ...backup.made, check: false } }) });
    const { position } = await this.jobs.handler.queue({ type: 'QueueJob', data: job }, this.#contextOf(asked, context, uuidFrom('agent-mgmt:queue-job', jobId)));
    this.dispatching.loop.wake();
    await this.projections.reached(position);
    const row = await this.jobs.store.find(scope, jobId);
    if (!row) throw new NotFound('job.unknown', 'There is no such job in this project.');
    return jobOf(row);
  }

  async #prepare(asked: Change, app: AppRow, { known, context }: { known: RequestedChange | undefined; context: RequestContext }): Promise<RequestedChange> {
    const { projectId, serverId, installer: id, action, changeId, withoutBackup } = asked;
    const installer = findInstaller(this.jobs.registry, id, action);
    if (!known) await this.#mayBegin(asked, app, { installer, context });
    const priorInputs = stillAsked(installer, known?.priorInputs ?? app.inputs);
    const { plain, secrets } = splitInputs(installer, { ...priorInputs, ...asked.inputs });
    return {
      changeId, projectId, serverId, installer: id, action, installerVersion: installer.version, installerDigest: installer.digest, inputs: plain, sealedInputs: await this.jobs.secrets.seal(changeId, secrets),
      priorInputs, withBackup: !withoutBackup, withHealth: installer.scripts.health !== undefined, jobIds: jobIdsOf(changeId), at: this.jobs.clock().toISOString(),
    };
  }

  async #mayBegin(asked: Change, app: AppRow, { installer, context }: { installer: Installer; context: RequestContext }): Promise<void> {
    const { projectId, serverId, withoutBackup } = asked;
    this.#refuseWhileChanging(app);
    if (app.state === 'removed') throw new Refusal('app.removed', 'This app was removed. Install it, or restore one of its backups.');
    await checkServer(this.jobs, projectScope(context.caller, projectId), { projectId, serverId, action: asked.action, inputs: { ...stillAsked(installer, app.inputs), ...asked.inputs } }, installer);
    const canBackUp = installer.scripts.backup !== undefined && installer.scripts.restore !== undefined;
    if (!canBackUp && !withoutBackup) throw new Refusal('backup.not_offered', `${installer.name} offers no backup that could be restored, so what goes wrong cannot be undone. If that is meant, ask again with "withoutBackup": true.`);
  }

  #refuseWhileChanging(app: AppRow): void {
    if (app.state === 'changing') throw new Refusal('app.changing', 'This app is being changed. Wait until that has ended.');
  }

  #backupOf({ backups }: AppRow, wanted: string | undefined) {
    const found = wanted === undefined ? backups[0] : backups.find(({ id }) => id === wanted);
    if (!found) throw new NotFound('backup.unknown', wanted === undefined ? 'This app has no backup yet.' : 'This app has no such backup. Its list of backups shows which there are.');
    const { id, digest, bytes, inputs } = found;
    return { made: { id, digest, bytes }, inputs };
  }

  #contextOf({ projectId }: Pick<Change, 'projectId'>, context: RequestContext, commandId: string): AppendContext {
    return { commandId, actor: userActor(context.caller), projectId, correlationId: context.correlationId, ...(context.traceparent && { traceparent: context.traceparent }) };
  }

  async #find({ projectId, ...name }: One, { caller }: RequestContext): Promise<AppRow> {
    const row = await this.apps.store.find(projectScope(caller, projectId), name);
    if (!row) throw new NotFound('app.unknown', 'There is no such app on a server of this project.');
    return row;
  }
}
