/** Schedules: runs that begin by themselves. */
import { changeSchedule, createSchedule, deleteSchedule, listSchedules, NewSchedule, pageOf, pauseSchedule, previewSchedule, readSchedule, resumeSchedule, Schedule, ScheduleId, SchedulePreview, ScheduleQuery } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const One = z.strictObject({ id: ScheduleId });

const create = defineRoute({ method: 'POST', path: '/api/schedules', summary: 'Begin a run again and again', rule: memberOfProject('operator'), body: z.strictObject(NewSchedule), reply: Schedule, status: 201 });
const Times = z.strictObject({ cron: NewSchedule.cron, timeZone: NewSchedule.timeZone });
const preview = defineRoute({ method: 'POST', path: '/api/schedules/preview', summary: 'A cron line in words, and the next times of it', rule: memberOfProject('viewer'), body: Times, reply: SchedulePreview, changesNothing: true });
const change = defineRoute({ method: 'POST', path: '/api/schedules/:id/change', summary: 'Change a schedule; all of it is said anew', rule: memberOfProject('operator'), params: One, body: z.strictObject(NewSchedule), reply: Schedule });
const list = defineRoute({ method: 'GET', path: '/api/schedules', summary: 'The schedules of a project', rule: memberOfProject('viewer'), query: z.strictObject(ScheduleQuery), reply: pageOf(Schedule) });
const read = defineRoute({ method: 'GET', path: '/api/schedules/:id', summary: 'One schedule', rule: memberOfProject('viewer'), params: One, reply: Schedule });
const pause = defineRoute({ method: 'POST', path: '/api/schedules/:id/pause', summary: 'Begin no run until it is resumed', rule: memberOfProject('operator'), params: One, reply: Schedule });
const resume = defineRoute({ method: 'POST', path: '/api/schedules/:id/resume', summary: 'Go on with the next time', rule: memberOfProject('operator'), params: One, reply: Schedule });
const remove = defineRoute({ method: 'DELETE', path: '/api/schedules/:id', summary: 'Delete a schedule; its runs stay', rule: memberOfProject('operator'), params: One, reply: Schedule });

@Controller()
export class ScheduleController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(create)
  create(@Input() { body }: InputOf<typeof create>, @By() visit: Visit): Promise<Schedule> {
    return this.requests.call(createSchedule, { projectId: visit.projectId, scheduleId: ScheduleId.parse(visit.newId('schedule')), ...body }, visit.carried);
  }

  @Route(preview)
  preview(@Input() { body }: InputOf<typeof preview>, @By() visit: Visit): Promise<SchedulePreview> {
    return this.requests.call(previewSchedule, { projectId: visit.projectId, ...body }, visit.carried);
  }

  @Route(change)
  change(@Input() { params, body }: InputOf<typeof change>, @By() visit: Visit): Promise<Schedule> {
    return this.requests.call(changeSchedule, { projectId: visit.projectId, scheduleId: params.id, ...body }, visit.carried);
  }

  @Route(list)
  list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit): Promise<z.infer<typeof list.reply>> {
    return this.requests.call(listSchedules, { projectId: visit.projectId, ...query }, visit.carried);
  }

  @Route(read)
  read(@Input() { params }: InputOf<typeof read>, @By() visit: Visit): Promise<Schedule> {
    return this.requests.call(readSchedule, { projectId: visit.projectId, scheduleId: params.id }, visit.carried);
  }

  @Route(pause)
  pause(@Input() { params }: InputOf<typeof pause>, @By() visit: Visit): Promise<Schedule> {
    return this.requests.call(pauseSchedule, { projectId: visit.projectId, scheduleId: params.id }, visit.carried);
  }

  @Route(resume)
  resume(@Input() { params }: InputOf<typeof resume>, @By() visit: Visit): Promise<Schedule> {
    return this.requests.call(resumeSchedule, { projectId: visit.projectId, scheduleId: params.id }, visit.carried);
  }

  @Route(remove)
  remove(@Input() { params }: InputOf<typeof remove>, @By() visit: Visit): Promise<Schedule> {
    return this.requests.call(deleteSchedule, { projectId: visit.projectId, scheduleId: params.id }, visit.carried);
  }
}
