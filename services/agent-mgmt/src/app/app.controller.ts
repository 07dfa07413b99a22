/** What people ask about apps. */
import { actOnApp, changeApp, isSensitive, listApps, readApp, readAppChange, type App, type AppChange, type Job } from '@citrus/contracts';
import { NotFound, projectScope } from '@citrus/kit-domain';
import { uuidFrom, type AppendContext, type Projections } from '@citrus/kit-event-store';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { PROJECTIONS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { userActor } from '../actors.ts';
import { jobOf } from '../job/job.store.ts';
import { findInstaller, prepareJob } from '../job/queue-job.ts';
import { APPS, DISPATCHING, JOBS, type Apps, type Dispatching, type Jobs } from '../tokens.ts';
import { appOf, type AppRow } from './app.store.ts';
import { askForChange, findApp, refuseWhileChanging, stillAsked, type AskedChange } from './request-change.ts';

type Act = z.infer<typeof actOnApp.input>;
type One = { readonly projectId: string; readonly serverId: string; readonly installer: string };
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
    const { items, nextCursor } = await this.apps.store.list(projectScope(caller, projectId), asked);
    return { items: items.map((app) => this.#shown(app)), nextCursor };
  }

  @OnRequest(readApp)
  async read(one: One, context: RequestContext): Promise<App> {
    return this.#shown(appOf(await this.#find(one, context)));
  }

  /** Answers that were open once and that the installer has made secrets since are shown no more. */
  #shown(app: App): App {
    const secret = new Set(this.jobs.registry.find(app.installer)?.inputs.filter(isSensitive).map(({ id }) => id));
    const open = (answers: App['inputs']): App['inputs'] => Object.fromEntries(Object.entries(answers).filter(([id]) => !secret.has(id)));
    return secret.size === 0 ? app : { ...app, inputs: open(app.inputs), proposal: open(app.proposal) };
  }

  @OnRequest(readAppChange)
  async readChange({ projectId, ...change }: z.infer<typeof readAppChange.input>, { caller }: RequestContext): Promise<AppChange> {
    const found = await this.apps.store.findChange(projectScope(caller, projectId), change);
    if (!found) throw new NotFound('change.unknown', 'There is no such change of this app.');
    return found;
  }

  @OnRequest(changeApp)
  async change(asked: AskedChange, context: RequestContext): Promise<AppChange> {
    await this.projections.reached(await this.apps.handler.head());
    const { projectId, serverId, installer, changeId } = asked;
    const position = await askForChange({ apps: this.apps, jobs: this.jobs }, projectScope(context.caller, projectId), asked, this.#contextOf(asked, context));
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
    if (action === 'restore' && known.status === 'unknown') refuseWhileChanging(app);
    const backup = action === 'restore' ? this.#backupOf(app, asked.backupId) : undefined;
    const job = await prepareJob(this.jobs, scope, { projectId, serverId, installer: id, action, jobId, inputs: stillAsked(installer, backup?.inputs ?? app.inputs), priority: 'normal', ...(backup && { backup: { ...backup.made, check: false } }) });
    const { position } = await this.jobs.handler.queue({ type: 'QueueJob', data: job }, { ...this.#contextOf(asked, context), commandId: uuidFrom('agent-mgmt:queue-job', jobId) });
    this.dispatching.loop.wake();
    await this.projections.reached(position);
    const row = await this.jobs.store.find(scope, jobId);
    if (!row) throw new NotFound('job.unknown', 'There is no such job in this project.');
    return jobOf(row);
  }

  #backupOf({ backups }: AppRow, wanted: string | undefined) {
    const found = wanted === undefined ? backups[0] : backups.find(({ id }) => id === wanted);
    if (!found) throw new NotFound('backup.unknown', wanted === undefined ? 'This app has no backup yet.' : 'This app has no such backup. Its list of backups shows which there are.');
    const { id, digest, bytes, inputs } = found;
    return { made: { id, digest, bytes }, inputs };
  }

  #contextOf({ projectId }: Pick<One, 'projectId'>, context: RequestContext): Omit<AppendContext, 'commandId'> {
    return { actor: userActor(context.caller), projectId, correlationId: context.correlationId, ...(context.traceparent && { traceparent: context.traceparent }) };
  }

  #find({ projectId, ...name }: One, { caller }: RequestContext): Promise<AppRow> {
    return findApp(this.apps, projectScope(caller, projectId), name);
  }
}
