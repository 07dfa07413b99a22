/** What people ask about schedules. */
import { asksForLabels, changeSchedule, createSchedule, deleteSchedule, FilterFault, listSchedules, MOST_SCHEDULES, parseServerFilter, pauseSchedule, previewSchedule, readSchedule, resumeSchedule, type Schedule, type SchedulePreview } from '@citrus/contracts';
import { NotFound, projectScope, Refusal } from '@citrus/kit-domain';
import { newId, uuidFrom, type Projections } from '@citrus/kit-event-store';
import { OnRequest, pageOfShortList, type RequestContext } from '@citrus/kit-messaging';
import { PROJECTIONS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { userActor } from '../actors.ts';
import { findInstaller, splitInputs } from '../job/queue-job.ts';
import { JOBS, SCHEDULES, type Jobs, type Schedules } from '../tokens.ts';
import { CronFault, isTimeZone, nextAfter, parseCron } from './cron.ts';
import { cronInWords } from './cron-words.ts';
import { refuseSecrets } from './refuse-secrets.ts';
import { scheduleDecider, type ScheduleCommand } from './schedule.decider.ts';

type Create = z.infer<typeof createSchedule.input>;
type One = { readonly projectId: string; readonly scheduleId: string };

const refuse = (path: string, message: string): never => { throw new Refusal('schedule.invalid', `The schedule cannot be kept: ${path} ${message}.`, [{ path, message }]); };

const MOST_PREVIEWED = 5;

const checkTimes = ({ cron, timeZone }: Pick<Create, 'cron' | 'timeZone'>): void => {
  if (!isTimeZone(timeZone)) refuse('timeZone', `"${timeZone}" is no time zone; write it as in Europe/Berlin`);
  try {
    parseCron(cron);
  } catch (error) {
    if (error instanceof CronFault) refuse('cron', `cannot be read: ${error.message}`);
    throw error;
  }
};

const checkFilter = ({ filter }: Create): void => {
  try {
    // Who is meant must not depend on what is not known when it is due: "not labelled so" would mean everybody.
    if (asksForLabels(parseServerFilter(filter))) refuse('filter', 'asks for labels, and a schedule goes by tags, names and places; give those servers a tag');
  } catch (error) {
    if (error instanceof FilterFault) refuse('filter', `cannot be read at character ${error.position + 1}: ${error.message}`);
    throw error;
  }
};

@Controller()
export class ScheduleController {
  constructor(
    @Inject(SCHEDULES) private readonly schedules: Schedules,
    @Inject(JOBS) private readonly jobs: Jobs,
    @Inject(PROJECTIONS) private readonly projections: Projections,
  ) {}

  @OnRequest(createSchedule)
  async create(asked: Create, context: RequestContext): Promise<Schedule> {
    const { projectId, scheduleId } = asked;
    const wanted = this.#wanted(asked);
    const isNew = (await this.schedules.handler.load(scheduleId)).status === 'unknown';
    if (isNew && (await this.schedules.store.count(projectScope(context.caller, projectId))) >= MOST_SCHEDULES) throw new Refusal('schedule.too_many', `A project has at most ${MOST_SCHEDULES} schedules. Delete one that is not needed any more.`);
    const data = { scheduleId, projectId, ...wanted };
    const command = { type: 'CreateSchedule', data } as const;
    const schedule = await this.#handle(asked, command, context, uuidFrom('agent-mgmt:create-schedule', scheduleId));
    // Somebody may have created it before, with other contents.
    scheduleDecider.decide(command, await this.schedules.handler.load(scheduleId));
    return schedule;
  }

  @OnRequest(changeSchedule)
  async change(asked: Create, context: RequestContext): Promise<Schedule> {
    await this.#find(asked, context);
    return await this.#handle(asked, { type: 'ChangeSchedule', data: this.#wanted(asked) }, context, newId());
  }

  @OnRequest(previewSchedule)
  preview({ cron, timeZone }: z.infer<typeof previewSchedule.input>): Promise<SchedulePreview> {
    checkTimes({ cron, timeZone });
    const next: string[] = [];
    for (let after: string | undefined = this.jobs.clock().toISOString(); next.length < MOST_PREVIEWED; next.push(after)) {
      after = nextAfter({ cron, timeZone }, after);
      if (after === undefined) break;
    }
    return Promise.resolve({ reading: cronInWords(cron), next });
  }

  @OnRequest(listSchedules)
  async list({ projectId, status, ...page }: z.infer<typeof listSchedules.input>, { caller }: RequestContext): Promise<z.infer<typeof listSchedules.reply>> {
    const all = await this.schedules.store.list(projectScope(caller, projectId), MOST_SCHEDULES);
    return pageOfShortList(all.filter((schedule) => status === undefined || schedule.status === status), page, (schedule) => schedule);
  }

  @OnRequest(readSchedule)
  read(one: One, context: RequestContext): Promise<Schedule> {
    return this.#find(one, context);
  }

  @OnRequest(pauseSchedule)
  pause(one: One, context: RequestContext): Promise<Schedule> {
    return this.#steer(one, 'PauseSchedule', context);
  }

  @OnRequest(resumeSchedule)
  resume(one: One, context: RequestContext): Promise<Schedule> {
    return this.#steer(one, 'ResumeSchedule', context);
  }

  @OnRequest(deleteSchedule)
  delete(one: One, context: RequestContext): Promise<Schedule> {
    return this.#steer(one, 'DeleteSchedule', context);
  }

  /** What somebody asks for, if it can be kept. */
  #wanted(asked: Create) {
    checkTimes(asked);
    checkFilter(asked);
    const { projectId: _, scheduleId: __, name, cron, timeZone, inputs, sample, ...run } = asked;
    const installer = findInstaller(this.jobs.registry, run.installer, run.action);
    refuseSecrets(installer, { action: run.action, inputs });
    return { name, cron, timeZone, run: { ...run, inputs: splitInputs(installer, { action: run.action, inputs }).plain, ...(sample && { sample }) }, at: this.jobs.clock().toISOString() };
  }

  async #steer(one: One, type: 'PauseSchedule' | 'ResumeSchedule' | 'DeleteSchedule', context: RequestContext): Promise<Schedule> {
    await this.#find(one, context);
    return await this.#handle(one, { type, data: { at: this.jobs.clock().toISOString() } }, context, newId());
  }

  // oxlint-disable-next-line max-params -- what, who and as which command
  async #handle(one: One, command: ScheduleCommand, context: RequestContext, commandId: string): Promise<Schedule> {
    const trail = { commandId, actor: userActor(context.caller), projectId: one.projectId, correlationId: context.correlationId || one.scheduleId, ...(context.traceparent && { traceparent: context.traceparent }) };
    const { position } = await this.schedules.handler.handle(one.scheduleId, command, trail);
    await this.projections.reached(position);
    this.schedules.loop.wake();
    return await this.#find(one, context);
  }

  async #find({ projectId, scheduleId }: One, { caller }: RequestContext): Promise<Schedule> {
    const schedule = await this.schedules.store.find(projectScope(caller, projectId), scheduleId);
    if (!schedule) throw new NotFound('schedule.unknown', 'There is no such schedule in this project.');
    return schedule;
  }
}
