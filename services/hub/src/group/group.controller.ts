/** Server groups: so many servers of one kind, kept at a target by provisioning. */
import { changeGroup, createGroup, deleteGroup, GroupChanges, GroupId, GroupSpec, listGroups, PageRequest, pageOf, pauseGroup, readGroup, resumeGroup, ServerGroup } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { defineRoute, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const One = z.strictObject({ id: GroupId });
const Deletion = z.strictObject({ keepsServers: z.enum(['true', 'false']).default('false') });

const create = defineRoute({ method: 'POST', path: '/api/groups', summary: 'Make a server group', rule: memberOfProject('operator'), body: GroupSpec, reply: ServerGroup, status: 202 });
const list = defineRoute({ method: 'GET', path: '/api/groups', summary: 'The server groups of a project', rule: memberOfProject('viewer'), query: z.strictObject(PageRequest), reply: pageOf(ServerGroup) });
const read = defineRoute({ method: 'GET', path: '/api/groups/:id', summary: 'One server group with its servers', rule: memberOfProject('viewer'), params: One, reply: ServerGroup });
const change = defineRoute({ method: 'POST', path: '/api/groups/:id/change', summary: 'Change a server group: its target, bounds, rule or template', rule: memberOfProject('operator'), params: One, body: GroupChanges, reply: ServerGroup, status: 202 });
const pause = defineRoute({ method: 'POST', path: '/api/groups/:id/pause', summary: 'Leave a server group as it is for now', rule: memberOfProject('operator'), params: One, reply: ServerGroup, status: 202 });
const resume = defineRoute({ method: 'POST', path: '/api/groups/:id/resume', summary: 'Let a server group go on, also one that had given up', rule: memberOfProject('operator'), params: One, reply: ServerGroup, status: 202 });
const remove = defineRoute({ method: 'DELETE', path: '/api/groups/:id', summary: 'Delete a server group, with its servers unless they are kept', rule: memberOfProject('operator'), params: One, query: Deletion, reply: ServerGroup, status: 202 });

@Controller()
export class GroupController {
  constructor(@Inject(REQUESTS) private readonly requests: Requests) {}

  @Route(create)
  create(@Input() { body: spec }: InputOf<typeof create>, @By() visit: Visit): Promise<ServerGroup> {
    return this.requests.call(createGroup, { projectId: visit.projectId, groupId: GroupId.parse(visit.newId('group')), spec }, visit.carried);
  }

  @Route(list)
  list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit) {
    return this.requests.call(listGroups, { projectId: visit.projectId, ...query }, visit.carried);
  }

  @Route(read)
  read(@Input() { params }: InputOf<typeof read>, @By() visit: Visit): Promise<ServerGroup> {
    return this.requests.call(readGroup, { projectId: visit.projectId, groupId: params.id }, visit.carried);
  }

  @Route(change)
  change(@Input() { params, body: changes }: InputOf<typeof change>, @By() visit: Visit): Promise<ServerGroup> {
    return this.requests.call(changeGroup, { projectId: visit.projectId, groupId: params.id, changes }, visit.carried);
  }

  @Route(pause)
  pause(@Input() { params }: InputOf<typeof pause>, @By() visit: Visit): Promise<ServerGroup> {
    return this.requests.call(pauseGroup, { projectId: visit.projectId, groupId: params.id }, visit.carried);
  }

  @Route(resume)
  resume(@Input() { params }: InputOf<typeof resume>, @By() visit: Visit): Promise<ServerGroup> {
    return this.requests.call(resumeGroup, { projectId: visit.projectId, groupId: params.id }, visit.carried);
  }

  @Route(remove)
  remove(@Input() { params, query }: InputOf<typeof remove>, @By() visit: Visit): Promise<ServerGroup> {
    return this.requests.call(deleteGroup, { projectId: visit.projectId, groupId: params.id, keepsServers: query.keepsServers === 'true' }, visit.carried);
  }
}
