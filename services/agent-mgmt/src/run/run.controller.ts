/** What people ask about runs. */
import { abortRun, createRun, FINISHED_RUN_STATUSES, listRuns, listRunServers, pauseRun, planRun, readRun, resumeRun, retryRun, ServerId, type Installer, type Run } from '@citrus/contracts';
import { internalScope, NotFound, projectScope, Refusal } from '@citrus/kit-domain';
import { newId, uuidFrom, type AppendContext, type Projections } from '@citrus/kit-event-store';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { PROJECTIONS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { userActor } from '../actors.ts';
import { reusedKey } from '../job/job.decider.ts';
import { passesByItself, waitingFor } from '../job/passing-refusal.ts';
import { checkServer, findInstaller, splitInputs } from '../job/queue-job.ts';
import { JOBS, RUNS, type Jobs, type Runs } from '../tokens.ts';
import { runDecider, type KnownRun, type Progress, type RunCommand } from './run.decider.ts';
import type { CreatedRun } from './run.events.ts';
import { allowedFailuresOf, waveEndsOf } from './run.strategy.ts';

type Create = z.infer<typeof createRun.input>;
type One = { readonly projectId: string; readonly runId: string };
type Wanted = Pick<Create, 'projectId' | 'installer' | 'action' | 'inputs' | 'serverIds'>;
const CHECKED_AT_ONCE = 64;
const OWN = internalScope('of a run that was found within the caller’s project');

@Controller()
export class RunController {
  constructor(
    @Inject(RUNS) private readonly runs: Runs,
    @Inject(JOBS) private readonly jobs: Jobs,
    @Inject(PROJECTIONS) private readonly projections: Projections,
  ) {}

  @OnRequest(planRun)
  async plan({ strategy, ...wanted }: z.infer<typeof planRun.input>, context: RequestContext): Promise<z.infer<typeof planRun.reply>> {
    const installer = await this.#check(wanted);
    const total = wanted.serverIds.length;
    return { waves: waveEndsOf(strategy, total), maxFailures: allowedFailuresOf(strategy, total), refused: await this.#refused(wanted, installer, context) };
  }

  @OnRequest(createRun)
  async create(asked: Create, context: RequestContext): Promise<Run> {
    const { projectId, runId, installer: id, action, priority, filter, serverIds, strategy, sample } = asked;
    const known = await this.runs.handler.load(runId);
    if (known.status !== 'unknown') return await this.#again(known, asked, context);
    const installer = await this.#check(asked);
    const given = splitInputs(installer, asked);
    const data: CreatedRun = {
      runId, projectId, installer: id, installerDigest: installer.digest, action, inputs: given.plain, sealedInputs: await this.jobs.secrets.seal(runId, given.secrets),
      priority, filter, serverIds: [...new Set(serverIds)], strategy, ...(sample && { sample }), at: this.jobs.clock().toISOString(),
    };
    const run = await this.#create(data, context);
    // Somebody may have created it in the same moment, with other secrets.
    const created = await this.runs.handler.load(runId);
    if (created.status !== 'unknown' && !(await this.jobs.secrets.areSame(runId, created.run.sealedInputs, given.secrets))) throw reusedKey();
    return run;
  }

  /** Asked for twice it is the same run, also when its installer is another by now: then nobody can tell whether the inputs are the same. */
  async #again(known: KnownRun, asked: Create, context: RequestContext): Promise<Run> {
    const { projectId, runId, installer: id, action, inputs, priority, filter, strategy, sample } = asked;
    const { retryOf: _retryOf, sample: _sample, ...run } = known.run;
    const installer = this.jobs.registry.find(id);
    const given = installer?.digest === run.installerDigest ? splitInputs(installer, { action, inputs }) : undefined;
    runDecider.decide({ type: 'CreateRun', data: { ...run, projectId, installer: id, action, priority, filter, strategy, ...(sample && { sample }), ...(given && { inputs: given.plain }) } }, known);
    if (given && !(await this.jobs.secrets.areSame(runId, run.sealedInputs, given.secrets))) throw reusedKey();
    return await this.#readAfter({ runId, projectId }, context, await this.runs.handler.head());
  }

  @OnRequest(retryRun)
  async retry({ newRunId, ...one }: z.infer<typeof retryRun.input>, context: RequestContext): Promise<Run> {
    await this.#find(one, context);
    const state = await this.runs.handler.load(one.runId);
    if (state.status === 'unknown') throw new NotFound('run.unknown', 'There is no such run in this project.');
    if (!FINISHED_RUN_STATUSES.includes(state.status)) throw new Refusal('run.not_finished', `This run is ${state.status}. Wait until it has ended, or abort it, then try its failed servers again.`);
    const serverIds = (await this.runs.store.unsuccessful(OWN, one.runId)).map((serverId) => ServerId.parse(serverId));
    if (serverIds.length === 0) throw new Refusal('run.nothing_to_retry', 'Every server of this run has succeeded; there is nothing to try again.');
    // Somebody begins it, whatever began the one before.
    const { scheduleId: _, ...run } = state.run;
    const installer = findInstaller(this.jobs.registry, run.installer, run.action);
    const secrets = await this.jobs.secrets.open(run.runId, run.sealedInputs);
    const sealedInputs = await this.jobs.secrets.seal(newRunId, secrets);
    return await this.#create({ ...run, runId: newRunId, installerDigest: installer.digest, sealedInputs, serverIds, retryOf: run.runId, at: this.jobs.clock().toISOString() }, context);
  }

  @OnRequest(listRuns)
  async list({ projectId, ...asked }: z.infer<typeof listRuns.input>, { caller }: RequestContext): Promise<z.infer<typeof listRuns.reply>> {
    return await this.runs.store.list(projectScope(caller, projectId), asked);
  }

  @OnRequest(readRun)
  read(one: One, context: RequestContext): Promise<Run> {
    return this.#find(one, context);
  }

  @OnRequest(listRunServers)
  async servers({ projectId, runId, ...asked }: z.infer<typeof listRunServers.input>, { caller }: RequestContext): Promise<z.infer<typeof listRunServers.reply>> {
    const page = await this.runs.store.servers(projectScope(caller, projectId), runId, asked);
    if (!page) throw new NotFound('run.unknown', 'There is no such run in this project.');
    return page;
  }

  @OnRequest(pauseRun)
  pause(one: One, context: RequestContext): Promise<Run> {
    return this.#steer(one, context, (now) => ({ type: 'PauseRun', data: now }));
  }

  @OnRequest(resumeRun)
  resume(one: One, context: RequestContext): Promise<Run> {
    return this.#steer(one, context, (now) => ({ type: 'ResumeRun', data: now }));
  }

  @OnRequest(abortRun)
  abort({ cancelRunning, ...one }: z.infer<typeof abortRun.input>, context: RequestContext): Promise<Run> {
    return this.#steer(one, context, ({ at }) => ({ type: 'AbortRun', data: { cancelRunning, at } }));
  }

  /** What is wrong with the inputs is wrong on every server, so it is said before anything begins. */
  async #check({ installer: id, action, inputs }: Wanted): Promise<Installer> {
    const installer = findInstaller(this.jobs.registry, id, action);
    splitInputs(installer, { action, inputs });
    return installer;
  }

  async #refused({ projectId, serverIds, inputs, action }: Wanted, installer: Installer, { caller }: RequestContext): Promise<z.infer<typeof planRun.reply>['refused']> {
    const scope = projectScope(caller, projectId);
    await this.projections.reached(await this.runs.handler.head());
    type RefusedNow = z.infer<typeof planRun.reply>['refused'][number];
    const check = async (serverId: ServerId): Promise<RefusedNow | undefined> => {
      try {
        await checkServer(this.jobs, scope, { projectId, serverId, inputs, action }, installer);
        return undefined;
      } catch (error) {
        if (!(error instanceof Refusal || error instanceof NotFound)) throw error;
        const passes = passesByItself(error);
        return { serverId, code: error.code, reason: passes ? waitingFor({ code: error.code, reason: error.message }) : error.message, passes };
      }
    };
    const [left, refused] = [[...new Set(serverIds)], [] as RefusedNow[]];
    while (left.length > 0) refused.push(...(await Promise.all(left.splice(0, CHECKED_AT_ONCE).map(check))).filter((each) => each !== undefined));
    return refused;
  }

  async #create(data: CreatedRun, context: RequestContext): Promise<Run> {
    const { runId, projectId } = data;
    const command = { type: 'CreateRun', data } as const;
    const { state, position } = await this.runs.handler.handle(runId, command, this.#contextOf({ runId, projectId }, context, uuidFrom('agent-mgmt:create-run', runId)));
    // Somebody may have created it before, with other contents.
    runDecider.decide(command, state);
    return await this.#readAfter({ runId, projectId }, context, position);
  }

  async #steer(one: One, context: RequestContext, commandAt: (now: Progress & { at: string }) => RunCommand): Promise<Run> {
    await this.#find(one, context);
    const now = { ...(await this.runs.store.progressOf(OWN, one.runId)), at: this.jobs.clock().toISOString() };
    const { position } = await this.runs.handler.handle(one.runId, commandAt(now), this.#contextOf(one, context, newId()));
    return await this.#readAfter(one, context, position);
  }

  #contextOf({ runId, projectId }: One, context: RequestContext, commandId: string): AppendContext {
    return { commandId, actor: userActor(context.caller), projectId, correlationId: context.correlationId || runId, ...(context.traceparent && { traceparent: context.traceparent }) };
  }

  /** What was just written can be read. */
  async #readAfter(one: One, context: RequestContext, position: number): Promise<Run> {
    await this.projections.reached(position);
    this.runs.loop.wake();
    return await this.#find(one, context);
  }

  async #find({ projectId, runId }: One, { caller }: RequestContext): Promise<Run> {
    const run = await this.runs.store.find(projectScope(caller, projectId), runId);
    if (!run) throw new NotFound('run.unknown', 'There is no such run in this project.');
    return run;
  }
}
